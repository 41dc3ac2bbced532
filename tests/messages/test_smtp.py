"""Mail over a real SMTP server: what arrives, and what its answers mean."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from messages.mailing import MailServer, StartServer
from sereno.modules.messages import smtp
from sereno.modules.messages.smtp import SmtpMailer, SmtpServer
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done, Fail, Retry


def mail(**changes: object) -> Mail:
    given: dict[str, object] = {
        "to": "ana@example.com",
        "subject": "Comanda ta a fost expediată: ș ț ã ñ «și nu numai» — o linie destul de lungă ca să fie împăturită",
        "text": "Țară, mañana, coração.\n.\nFrom here\n",
        "html": "<p>Țară, <b>mañana</b>, coração.</p>",
        "message_id": "<abc234@nandu.example>",
        "headers": {"List-Unsubscribe": f"<https://sereno.example/unsubscribe/{'t' * 200}>"},
        "sender": '"Cerámica \\"Ñandú\\", S.L." <hola@nandu.example>',
        "reply_to": "ayuda@nandu.example",
    }
    return Mail(**{**given, **changes})  # type: ignore[arg-type]


def test_a_mail_arrives_as_it_was_written(server: MailServer, mailer: SmtpMailer) -> None:
    assert isinstance(mailer.send(mail()), Done)
    (found,) = server.mails()
    assert found["Subject"] == mail().subject
    assert found["From"].addresses[0].display_name == 'Cerámica "Ñandú", S.L.'
    assert found["From"].addresses[0].addr_spec == "hola@nandu.example"
    assert found["To"].addresses[0].addr_spec == "ana@example.com"
    assert found["Reply-To"].addresses[0].addr_spec == "ayuda@nandu.example"
    assert found["Message-ID"] == "<abc234@nandu.example>"
    assert found["Date"].datetime is not None
    assert found.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in found.iter_parts()] == ["text/plain", "text/html"]
    plain, html = found.get_body(("plain",)), found.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == mail().text
    assert html.get_content().strip() == mail().html
    assert server.facts()[0]["from"] == "hola@nandu.example"
    assert server.facts()[0]["to"] == ["ana@example.com"]


def test_long_header_addresses_stay_whole_and_lines_short(server: MailServer, mailer: SmtpMailer) -> None:
    mailer.send(mail())
    raw = server.raw()[0]
    assert b"List-Unsubscribe: <https://sereno.example/unsubscribe/tttt" in raw
    assert max(len(line) for line in raw.split(b"\r\n")) < 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_a_text_alone_is_one_part(server: MailServer, mailer: SmtpMailer) -> None:
    mailer.send(mail(html=None, text="plain\n"))
    assert server.mails()[0].get_content_type() == "text/plain"


def test_the_connection_is_kept_for_the_next_mail(server: MailServer, mailer: SmtpMailer) -> None:
    for number in range(3):
        assert isinstance(mailer.send(mail(message_id=f"<{number}@nandu.example>")), Done)
    assert len({facts["session"] for facts in server.facts()}) == 1


def test_a_kept_connection_that_died_is_opened_anew(
    server: MailServer, mailer: SmtpMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mailer.send(mail())
    monkeypatch.setattr("sereno.modules.messages.smtp._IDLE", -1.0)
    mailer._kept[0][0].sock.shutdown(socket.SHUT_RDWR)
    assert isinstance(mailer.send(mail(message_id="<2@nandu.example>")), Done)
    assert len(server.mails()) == 2


def test_a_refused_recipient_is_final_and_the_next_mail_goes(server: MailServer, mailer: SmtpMailer) -> None:
    server.answer(rcpt={"gone@example.com": "550 5.1.1 No such user"})
    outcome = mailer.send(mail(to="gone@example.com"))
    assert isinstance(outcome, Fail)
    assert outcome.reason == "recipient.unknown"
    assert "No such user" in outcome.message
    assert isinstance(mailer.send(mail()), Done)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("451 4.3.0 Try again later", "transient"),
        ("450 4.2.0 Greylisted, come back in a minute", "transient"),
        ("452 4.2.2 Mailbox full", "transient"),
        ("450 4.7.1 Rate limit exceeded", "limited"),
        ("451 4.7.0 Too many messages, slow down", "limited"),
        ("421 4.7.0 Service not available", "limited"),
    ],
)
def test_a_busy_server_is_tried_again(server: MailServer, mailer: SmtpMailer, said: str, kind: str) -> None:
    for rules in ({"rcpt": {"ana@example.com": said}}, {"data": said}):
        server.answer(**rules)
        outcome = mailer.send(mail())
        assert isinstance(outcome, Retry)
        assert outcome.kind == kind
        assert (outcome.after == timedelta(seconds=60)) == (kind == "limited")
    server.answer()
    assert isinstance(mailer.send(mail()), Done)
    assert len(server.mails()) == 1


def test_a_refused_message_is_final(server: MailServer, mailer: SmtpMailer) -> None:
    server.answer(data="554 5.7.1 Looks like spam")
    outcome = mailer.send(mail())
    assert isinstance(outcome, Fail)
    assert outcome.reason == "message.refused"


def test_a_connection_lost_after_the_message_is_tried_again_under_the_same_id(
    server: MailServer, mailer: SmtpMailer
) -> None:
    server.answer(drop_after_data=True)
    assert isinstance(mailer.send(mail()), Retry)
    server.answer()
    assert isinstance(mailer.send(mail()), Done)
    assert len({found["Message-ID"] for found in server.mails()}) == 1


def test_nobody_there_is_tried_again() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        outcome = SmtpMailer.from_url(f"smtp://127.0.0.1:{held.getsockname()[1]}").send(mail())
    assert isinstance(outcome, Retry)
    assert outcome.kind == "transient"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"subject": "Hello\r\nBcc: all@example.com"}, "subject.invalid"),
        ({"subject": "Hello\nBcc: all@example.com"}, "subject.invalid"),
        ({"subject": "Hello\u2028Bcc: all@example.com"}, "subject.invalid"),
        ({"to": "ana@example.com\r\nBcc: all@example.com"}, "address.invalid"),
        ({"to": "ana@example.com, all@example.com"}, "address.invalid"),
        ({"to": "ana@example.com>\r\nRCPT TO:<all@example.com"}, "address.invalid"),
        ({"to": '"x" <ana@example.com> <all@example.com>'}, None),
        ({"to": "@example.com"}, "address.invalid"),
        ({"to": "ana"}, "address.invalid"),
        ({"to": ""}, "address.invalid"),
        ({"to": "a..b@example.com"}, "address.invalid"),
        ({"sender": '"Shop\r\nBcc: all@example.com" <hola@nandu.example>'}, "sender.invalid"),
        ({"sender": None}, "sender.missing"),
        ({"reply_to": "x\ny@example.com"}, "reply_to.invalid"),
        ({"headers": {"X-One": "1\r\nBcc: all@example.com"}}, "header.invalid"),
        ({"headers": {"X-One\r\nBcc": "all@example.com"}}, "header.invalid"),
        ({"headers": {"Bcc": "all@example.com"}}, "header.invalid"),
        ({"message_id": "<a@b>\r\nBcc: all@example.com"}, "message_id.invalid"),
    ],
)
def test_nothing_adds_a_header_or_a_recipient(
    server: MailServer, mailer: SmtpMailer, change: dict[str, object], reason: str | None
) -> None:
    outcome = mailer.send(mail(**change))
    if reason is None:
        assert isinstance(outcome, Done)
        assert [facts["to"] for facts in server.facts()] == [["all@example.com"]]
        return
    assert isinstance(outcome, Fail)
    assert outcome.reason == reason
    assert server.mails() == []


def test_letters_outside_ascii_in_addresses(server: MailServer, mailer: SmtpMailer, start_server: StartServer) -> None:
    assert isinstance(mailer.send(mail(to="josé@exámple.com")), Done)
    assert server.facts()[0]["to"] == ["josé@xn--exmple-qta.com"]
    old = SmtpMailer.from_url(start_server("--ascii").url)
    outcome = old.send(mail(to="josé@example.com"))
    old.close()
    assert isinstance(outcome, Fail)
    assert outcome.reason == "smtp.not_supported"


def test_starttls_and_sign_in(start_server: StartServer, certificate: tuple[str, str]) -> None:
    server = start_server("--tls", *certificate, "--user", "sereno:gehe:im")
    address = f"sereno:gehe%3Aim@127.0.0.1:{server.port}"
    mailer = SmtpMailer.from_url(f"smtp://{address}?tls=required&verify=no")
    assert isinstance(mailer.send(mail()), Done)
    mailer.close()
    assert server.facts()[0]["tls"] is True
    assert server.facts()[0]["user"] == "sereno"
    # A certificate that nobody vouches for is not believed unless told to.
    strict = SmtpMailer.from_url(f"smtp://{address}")
    outcome = strict.send(mail())
    assert isinstance(outcome, Retry)
    assert "certificate" in outcome.message.lower()


def test_a_refused_sign_in_holds_everything_back(start_server: StartServer) -> None:
    server = start_server("--user", "sereno:right")
    outcome = SmtpMailer.from_url(f"smtp://sereno:wrong@127.0.0.1:{server.port}").send(mail())
    assert isinstance(outcome, Retry)
    assert outcome.kind == "limited"
    assert outcome.reason == "smtp.sign_in_refused"


def test_addresses_of_servers() -> None:
    found = SmtpServer.from_url("smtps://me%40shop.example:p%3Aw@mail.shop.example")
    assert (found.host, found.port, found.user, found.password, found.tls) == (
        "mail.shop.example",
        465,
        "me@shop.example",
        "p:w",
        "direct",
    )
    assert SmtpServer.from_url("smtp://localhost").port == 25
    for wrong in ("http://x", "smtp://", "smtp://x?tls=maybe", "smtp://x?colour=red"):
        with pytest.raises(ValueError, match=r"(?i)smtp"):
            SmtpServer.from_url(wrong)


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that only signs itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "mail.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    paths = (folder / "cert.pem", folder / "key.pem")
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*paths)
    return str(Path(paths[0])), str(Path(paths[1]))


def test_a_password_never_crosses_a_network_readable(
    start_server: StartServer, certificate: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = start_server("--user", "me:secret")
    asked = SmtpMailer.from_url(f"smtp://me:secret@127.0.0.1:{plain.port}")
    assert isinstance(asked.send(mail()), Done), "on this machine nobody reads along"
    monkeypatch.setattr(smtp, "_peer", lambda client: "192.0.2.7")
    refused = SmtpMailer.from_url(f"smtp://me:secret@127.0.0.1:{plain.port}").send(mail(message_id="<2@n.example>"))
    assert isinstance(refused, Retry)
    assert refused.reason == "smtp.password_exposed"
    assert len(plain.facts()) == 1
    private = start_server("--user", "me:secret", "--tls", *certificate)
    private_mailer = SmtpMailer.from_url(f"smtp://me:secret@127.0.0.1:{private.port}?verify=no")
    through = private_mailer.send(mail())
    assert isinstance(through, Done), "STARTTLS succeeded"
    asked.close()
    private_mailer.close()
