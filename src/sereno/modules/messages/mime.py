"""From a rendered mail to the bytes a mail server takes.

Invariant: nothing a customer or a product is called can add a header, a recipient or a part.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from sereno.sdk.ports import Mail

_BREAK = re.compile(r"[\r\n\x00\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_LOCAL = re.compile(r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}")
_MESSAGE_ID = re.compile(r"<[A-Za-z0-9._-]+@[A-Za-z0-9._-]+>")
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_SET_BY_US = frozenset(
    {"from", "to", "cc", "bcc", "subject", "date", "message-id", "mime-version", "content-type", "reply-to"}
)
_NEVER_FOLDED = frozenset({"message-id", "list-unsubscribe", "list-unsubscribe-post", "list-id", "feedback-id"})


class _Policy(EmailPolicy):
    """SMTP's rules, but for headers that hold a long address or id: the standard library would turn one that is longer
    than a line into encoded words, which no mail program takes for an address."""

    def fold(self, name: str, value: Any) -> str:
        return f"{name}: {value}\r\n" if name.lower() in _NEVER_FOLDED else super().fold(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        is_whole = name.lower() in _NEVER_FOLDED
        return f"{name}: {value}\r\n".encode() if is_whole else super().fold_binary(name, value)


_POLICY = _Policy(linesep="\r\n", max_line_length=76)


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


def compose(mail: Mail, now: datetime) -> EmailMessage:
    """The message as it goes out. Raises MailInvalid."""
    if mail.sender is None:
        raise MailInvalid("sender.missing", "The mail has no sender: set the shop's sender_email.")
    message = EmailMessage(policy=_POLICY)
    message["From"] = address(mail.sender, "sender.invalid")
    message["To"] = address(mail.to)
    if mail.reply_to:
        message["Reply-To"] = address(mail.reply_to, "reply_to.invalid")
    message["Subject"] = _line(mail.subject, "subject.invalid", "The subject")
    message["Date"] = format_datetime(now)
    if not _MESSAGE_ID.fullmatch(mail.message_id):
        raise MailInvalid("message_id.invalid", f"{mail.message_id!r} is not a Message-ID.")
    message["Message-ID"] = mail.message_id
    for name, value in mail.headers.items():
        if not _HEADER.fullmatch(name) or name.lower() in _SET_BY_US:
            raise MailInvalid("header.invalid", f"{name!r} is not a header a mail may add.")
        message[name] = _line(value, "header.invalid", f"The header {name}")
    message.set_content(mail.text, cte=_encoding(mail.text))
    if mail.html is not None:
        message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    return message


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


def _encoding(text: str) -> str:
    is_plain = text.isascii() and all(len(line) < 900 for line in text.splitlines())
    return "7bit" if is_plain else "quoted-printable"
