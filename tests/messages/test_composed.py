"""The mail that is written straight is the mail the standard library writes: the same headers to the byte, the same
parts, and a signature that another library finds good."""

from __future__ import annotations

import random
import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from sereno.modules.messages.mime import MailInvalid, address, compose
from sereno.sdk.dkim import DkimKey, make_key, record_of, signed
from sereno.sdk.ports import Mail

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NEVER_FOLDED = ("message-id", "list-unsubscribe", "list-unsubscribe-post")
SENDER = '"Cerámica \\"Ñandú\\", S.L." <hola@nandu.example>'


def written(**more: Any) -> Mail:
    held: dict[str, Any] = {
        "to": "ana@example.com", "subject": "Autumn is here", "text": "Hello Ana\n", "html": "<p>Hello Ana</p>",
        "message_id": "<abc@nandu.example>", "sender": SENDER, "reply_to": "ayuda@nandu.example",
        "headers": {"List-Unsubscribe": f"<https://sereno.example/u/{'t' * 200}>", "X-Sereno-Effect": "news-1/2"},
    }  # fmt: skip
    return Mail(**{**held, **more})


class Unfolded(policy.EmailPolicy):
    def fold_binary(self, name: str, value: Any) -> bytes:
        whole = f"{name}: {value}\r\n".encode()
        return whole if name.lower() in NEVER_FOLDED else super().fold_binary(name, value)


def slow(mail: Mail, *, utf8: bool = False) -> bytes:
    """By the standard library alone."""
    message = EmailMessage(policy=Unfolded(linesep="\r\n", max_line_length=76, utf8=utf8))
    message["From"] = address(mail.sender or "")
    message["To"] = address(mail.to)
    message["Reply-To"] = address(mail.reply_to or "")
    message["Subject"] = mail.subject
    message["Date"] = "Mon, 23 Nov 2026 09:00:00 +0000"
    message["Message-ID"] = mail.message_id
    for name, value in mail.headers.items():
        message[name] = value
    message.set_content(mail.text, cte="quoted-printable")
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message.as_bytes()


def same(mail: Mail, *, utf8: bool = False) -> bytes:
    """Held against the slow way; gives the mail."""
    fast = compose(mail, NOW)
    assert fast.needs_utf8 is utf8
    mine, theirs = fast.whole, slow(mail, utf8=utf8)
    assert mine.partition(b"MIME-Version")[0] == theirs.partition(b"MIME-Version")[0].partition(b"Content-")[0]
    read, known = (message_from_bytes(one, policy=policy.default) for one in (mine, theirs))
    assert sorted(read.keys()) == sorted(known.keys())
    parts = [[one for one in found.walk() if not one.is_multipart()] for found in (read, known)]
    assert [one.get_content_type() for one in parts[0]] == [one.get_content_type() for one in parts[1]]
    for one, other in zip(*parts, strict=True):
        assert one.get_content() == other.get_content()
        assert one.get_content_charset() == "utf-8"
    assert not read.defects and not any(one.defects for one in read.walk())
    assert max(len(line) for line in mine.partition(b"\r\n\r\n")[2].split(b"\r\n")) < 998
    assert b"\n" not in mine.replace(b"\r\n", b"") and b"\r" not in mine.replace(b"\r\n", b"")
    return mine


ODD = some.text(alphabet=some.characters(exclude_categories=("Cs",)), max_size=300)
LINE = some.text(alphabet=some.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), max_size=120)


@settings(max_examples=60, deadline=None)
@given(subject=LINE, text=ODD, html=some.one_of(some.none(), ODD))
def test_whatever_is_written(subject: str, text: str, html: str | None) -> None:
    same(written(subject=subject, text=text, html=html))


@pytest.mark.parametrize(
    "subject",
    ["", " two  spaces ", "=?utf-8?q?not_a_word?=", "a" * 200, "word " * 40, "Año nuevo — «ya»", "x" * 67, "x" * 68],
)
def test_subjects(subject: str) -> None:
    same(written(subject=subject))


@pytest.mark.parametrize(
    "sender",
    [
        *("hola@nandu.example", "Nandu <hola@nandu.example>", '"Nandu, S.L." <hola@nandu.example>', SENDER),
        *(f'"{"Long name " * 9}" <hola@nandu.example>', "hola@ñandú.example", "o'neil!x@nandu.example"),
    ],
)
def test_senders(sender: str) -> None:
    same(written(sender=sender))


def test_an_address_in_letters_of_its_own() -> None:
    whole = same(written(to="josé@exämple.com", subject="Año"), utf8=True)
    assert "To: josé@xn--exmple-cua.com\r\n".encode() in whole and "Subject: Año\r\n".encode() in whole


@pytest.mark.parametrize(
    "text", [".", "From here", "trailing \t \n.\n..\n", "x" * 2000, "ñ" * 500, "a\r\nb\rc\n\n", "="]
)
def test_bodies(text: str) -> None:
    same(written(text=text, html=f"<p>{text}</p>"))


def test_no_text_knows_the_edge_of_a_part() -> None:
    first, second = (re.findall(rb'boundary="(.+?)"', compose(written(), NOW).whole) for _ in range(2))
    assert len(first) == 1 and first != second


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"subject": "a\r\nBcc: x@example.com"}, "subject.invalid"),
        ({"to": "a@example.com, b@example.com"}, "address.invalid"),
        ({"to": "a..b@example.com"}, "address.invalid"),
        ({"to": f"{'a' * 65}@example.com"}, "address.invalid"),
        ({"to": "a@example.com\n"}, "address.invalid"),
        ({"sender": None}, "sender.missing"),
        ({"headers": {"To": "b@example.com"}}, "header.invalid"),
        ({"headers": {"X-A": "b\nc"}}, "header.invalid"),
        ({"message_id": "abc"}, "message_id.invalid"),
    ],
)
def test_nothing_can_be_added(more: dict[str, Any], reason: str) -> None:
    with pytest.raises(MailInvalid) as refused:
        compose(written(**more), NOW)
    assert refused.value.reason == reason


@pytest.fixture(scope="module")
def pair() -> tuple[DkimKey, str]:
    private, public = make_key()
    return DkimKey("nandu.example", "s1", private), record_of(public)


def test_another_library_finds_the_signature_good(pair: tuple[DkimKey, str]) -> None:
    key, record = pair

    def is_good(mail: bytes) -> bool:
        return bool(dkim.verify(mail, dnsfunc=lambda name, timeout=5: record.encode()))

    draw = random.Random(4)
    texts = ["a \t b  \r\n\r\n \t\r\n\r\n", "Hello\n", "\t\n x\n", "ñ — a  b \n\n\n", ""]
    texts += ["".join(draw.choices("ab \t\nñ.", k=80)) for _ in range(10)]
    for text in texts:
        for html in (None, f"<p>{text}</p>\n\n"):
            whole = signed(compose(written(text=text, html=html, subject="Año"), NOW).whole, key, NOW)
            assert is_good(whole), text
            assert not is_good(whole.replace(b"Subject: ", b"Subject: x"))
