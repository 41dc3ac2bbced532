"""What is signed is found good by another library, and nothing of it can be changed."""

from __future__ import annotations

from datetime import UTC, datetime

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.sdk.dkim import DkimKey, is_domain, make_key, record_of, signed

PEM, PUBLIC = make_key()
KEY = DkimKey("nandu.example", "s1", PEM)
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MAIL = (
    b"From: =?utf-8?q?Cer=C3=A1mica?= <hola@nandu.example>\r\nTo: ana@example.com\r\n"
    b"Subject: Tu pedido\r\n sigue aqu\xc3\xad\r\nDate: Sun, 22 Nov 2026 09:00:00 +0000\r\n"
    b"Message-ID: <abc@nandu.example>\r\nList-Unsubscribe: <https://sereno.example/unsubscribe/t>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n\r\nHola  Ana \r\n\r\n.punto\r\n\r\n\r\n"
)


def is_good(message: bytes) -> bool:
    def look_up(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"s1._domainkey.nandu.example."
        return record_of(PUBLIC).encode()

    return bool(dkim.verify(message, dnsfunc=look_up))


def test_another_library_finds_it_good() -> None:
    message = signed(MAIL, KEY, NOW)
    assert message.endswith(MAIL) and is_good(message)
    assert all(len(line) <= 100 for line in message.split(b"\r\n"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Hola", b"Adios"),
        (b"ana@example.com", b"eva@example.com"),
        (b"/unsubscribe/t", b"/unsubscribe/x"),
        (b"MIME-Version", b"From: mallory@bad.example\r\nMIME-Version"),
        (b"MIME-Version", b"Subject: won\r\nMIME-Version"),
    ],
)
def test_a_change_is_noticed(old: bytes, new: bytes) -> None:
    assert not is_good(signed(MAIL, KEY, NOW).replace(old, new))


@settings(max_examples=60, deadline=None)
@given(st.text(st.sampled_from("ab \t\r\n.=é"), max_size=60), st.text(st.sampled_from("ab \té"), max_size=20))
def test_whatever_the_words_are(body: str, subject: str) -> None:
    lines = "\r\n".join(body.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    head = f"From: a@nandu.example\r\nSubject: x{subject}\r\n\r\n"
    assert is_good(signed(f"{head}{lines}\r\n".encode(), KEY, NOW))


def test_whose_mail_it_signs() -> None:
    assert KEY.covers('"Ñ" <hola@Nandu.example>') and KEY.covers("a@mail.nandu.example")
    assert not KEY.covers("a@notnandu.example") and not KEY.covers("a@nandu.example.evil")


@pytest.mark.parametrize(("text", "expected"), [("nandu.example", True), ("a_b.example", False), ("example", False),
                                                ("-a.example", False), ("x.1", False)])  # fmt: skip
def test_what_is_a_domain(text: str, expected: bool) -> None:
    assert is_domain(text) is expected
