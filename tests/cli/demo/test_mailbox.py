"""The demo's mail server, as a mail program meets it."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from sereno.site.demo.mailbox import Mailbox


@pytest.fixture
def mailbox(tmp_path: Path) -> Iterator[Mailbox]:
    box = Mailbox(tmp_path / "inbox")
    box.start()
    yield box
    box.stop()


def _mail(text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "shop@example.com", "ana@example.com", "Your order, señora"
    mail.set_content(text)
    return mail


def test_a_mail_is_kept_as_sent(mailbox: Mailbox) -> None:
    text = "Hello\n.a line that begins with a dot\n..and two\nñ €\n"
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=60) as server:
        server.send_message(_mail(text))
        server.send_message(_mail("second"))
    first, second = sorted(mailbox.folder.glob("*.eml"))
    kept = message_from_bytes(first.read_bytes())
    assert kept.get_payload(decode=True).decode().replace("\r\n", "\n") == text
    assert kept["X-Envelope-To"] == "ana@example.com"
    assert b"second" in second.read_bytes()


def test_nothing_is_kept_of_a_mail_cut_short(mailbox: Mailbox) -> None:
    server = smtplib.SMTP("127.0.0.1", mailbox.port, timeout=60)
    server.ehlo()
    server.mail("a@example.com")
    server.rcpt("b@example.com")
    server.putcmd("data")
    server.getreply()
    server.send(b"Subject: half\r\n\r\nbod")
    server.close()
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=60) as another:
        another.send_message(_mail("whole"))
    assert len([path for path in mailbox.folder.glob("*.eml") if b"half" in path.read_bytes()]) == 0


def test_wrong_order_is_refused(mailbox: Mailbox) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=60) as server:
        server.ehlo()
        assert server.docmd("DATA")[0] == 503
        assert server.docmd("VRFY", "ana")[0] == 502


def test_a_mistyped_address_is_refused(mailbox: Mailbox) -> None:
    mail = _mail("hello")
    mail.replace_header("To", "ana@nowhere.example")
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=60) as server, pytest.raises(smtplib.SMTPRecipientsRefused):
        server.send_message(mail)
