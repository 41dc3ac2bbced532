"""From a rendered mail to the bytes a mail server takes, written straight: a newsletter does it some hundred times a
second, and the standard library takes two milliseconds for one. What is not plain in a header is left to it.

Invariant: nothing a customer or a product is called can add a header, a recipient or a part.
"""

from __future__ import annotations

import re
import secrets
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache

from sereno.sdk.ports import Mail

_BREAK = re.compile(r"[\r\n\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._-]+@[A-Za-z0-9._-]+>")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_SET_BY_US = frozenset(
    {"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "content-type", "reply-to"}
)
_NEVER_FOLDED = frozenset({"message-id", "list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id"})
"""Long addresses and ids: folding would turn them into encoded words, which no mail program takes for an address."""
_WIDTH = 76
_POLICY = EmailPolicy(linesep="\r\n", max_line_length=_WIDTH)
_WORDS = re.compile(r"[!-~]+(?: [!-~]+)*")
"""What stands in a header as it is, where it fits into a line and does not look like an encoded word."""
_PLAIN_ADDRESS = re.compile(
    r"(?=.{3,254}\Z)[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)


@dataclass(frozen=True, slots=True)
class Composed:
    """A mail as it goes out, its lines ending in CRLF. `sender` and `recipient` are bare addresses; `needs_utf8`: one
    of them has letters that only a server with SMTPUTF8 knows, and headers are then written in them."""

    whole: bytes
    sender: str
    recipient: str
    needs_utf8: bool


class MailInvalid(ValueError):  # noqa: N818
    """A mail that must not be sent as it is; `reason` is a stable code."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def address(text: str, reason: str = "address.invalid") -> Address:
    """One address, perhaps with a name; the domain in its ASCII form. Raises MailInvalid for anything else: several
    addresses, line breaks, an empty part."""
    if _BREAK.search(text):
        raise MailInvalid(reason, f"{text!r} holds a line break, which no address may.")
    name, found = _parts(text)
    local, _at, domain = found.rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        ascii_domain = ""
    if not _LOCAL.fullmatch(local) or ".." in local or local.startswith(".") or local.endswith("."):
        raise MailInvalid(reason, f"{text!r} is not an e-mail address.")
    if not ascii_domain or len(ascii_domain) > 253 or not re.fullmatch(r"[A-Za-z0-9.-]+", ascii_domain):
        raise MailInvalid(reason, f"{text!r} is not an e-mail address.")
    return Address(display_name=name, username=local, domain=ascii_domain)


def compose(mail: Mail, now: datetime) -> Composed:
    """The mail as it goes out. Raises MailInvalid."""
    if mail.sender is None:
        raise MailInvalid("sender.missing", "The mail has no sender: set the shop's sender_email.")
    shown_sender, sender = _named(mail.sender, "sender.invalid")
    shown_to, to = _named(mail.to, "address.invalid")
    is_utf8 = not (sender.isascii() and to.isascii())
    subject = _line(mail.subject, "subject.invalid", "The subject")
    if not _MESSAGE_ID.fullmatch(mail.message_id):
        raise MailInvalid("message_id.invalid", f"{mail.message_id!r} is not a Message-ID.")
    head = [_header("From", shown_sender, is_utf8), _header("To", shown_to, is_utf8)]
    if mail.reply_to:
        head.append(_header("Reply-To", _named(mail.reply_to, "reply_to.invalid")[0], is_utf8))
    head.append(_header("Subject", subject, is_utf8))
    head.append(f"Date: {format_datetime(now)}\r\nMessage-ID: {mail.message_id}\r\n".encode())
    for name, value in mail.headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _SET_BY_US:
            raise MailInvalid("header.invalid", f"{name!r} is not a header a mail may add.")
        head.append(_header(name, _line(value, "header.invalid", f"The header {name}"), is_utf8))
    return Composed(b"".join(head) + _body(mail), sender, to, is_utf8)


def _body(mail: Mail) -> bytes:
    plain = _part(mail.text, "plain", may_be_plain=True)
    if mail.html is None:
        return b"MIME-Version: 1.0\r\n" + plain
    # No text can name it beforehand: nobody knows what is drawn here.
    edge = f"=_{secrets.token_hex(16)}".encode()
    begin = b"\r\n--" + edge + b"\r\n"
    head = b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="' + edge + b'"\r\n'
    html = _part(mail.html, "html")
    return b"".join((head, begin, plain, begin, html, b"\r\n--", edge, b"--\r\n"))


def _part(text: str, subtype: str, *, may_be_plain: bool = False) -> bytes:
    lines = text.encode().splitlines()
    held = b"\n".join(lines) + b"\n"
    is_plain = may_be_plain and held.isascii() and all(len(line) < 900 for line in lines)
    encoding = "7bit" if is_plain else "quoted-printable"
    if not is_plain:
        held = b2a_qp(held)
    head = f'Content-Type: text/{subtype}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + held.replace(b"\n", b"\r\n")


def _header(name: str, value: str, is_utf8: bool) -> bytes:
    """A header with its line end, as the standard library folds and encodes it."""
    fits = len(name) + 2 + len(value) <= _WIDTH and "=?" not in value
    if name.lower() in _NEVER_FOLDED or (fits and _WORDS.fullmatch(value)):
        return f"{name}: {value}\r\n".encode()
    return _folded(name, value, is_utf8)


@lru_cache(maxsize=1024)
def _folded(name: str, value: str, is_utf8: bool) -> bytes:
    message = EmailMessage(policy=_POLICY.clone(utf8=is_utf8))
    message[name] = value
    return message.policy.fold_binary(name, message[name])


def _named(text: str, reason: str) -> tuple[str, str]:
    """An address as it stands in a header, and bare. Raises MailInvalid."""
    if _PLAIN_ADDRESS.fullmatch(text) and text.index("@") <= 64:
        return text, text
    return _named_of(text, reason)


@lru_cache(maxsize=256)
def _named_of(text: str, reason: str) -> tuple[str, str]:
    found = address(text, reason)
    return str(found), found.addr_spec


def _parts(text: str) -> tuple[str, str]:
    """`"Name" <address>` or a bare address: a grammar small enough that nothing hides in it."""
    text = text.strip()
    if not text.endswith(">"):
        return "", text
    name, _bracket, found = text[:-1].rpartition("<")
    name = name.strip()
    if len(name) >= 2 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name, found


def _line(text: str, reason: str, what: str) -> str:
    if _BREAK.search(text):
        raise MailInvalid(reason, f"{what} holds a line break, which would let it add headers of its own.")
    return text
