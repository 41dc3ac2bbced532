"""What mail providers have in common: handing a mail over and telling what became of it.

Invariant: a fact has one id however often its provider repeats it. A mail is known again by the effect's key, which
goes with it and comes back with every answer.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Literal

from sereno.connectors.building import body_hash
from sereno.connectors.reading import as_instant
from sereno.connectors.signatures import verify_bare
from sereno.engine.durations import format_instant
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Mapped, NewEvent, Verdict
from sereno.sdk.ports import Mail
from sereno.sdk.result import Done, Fail, Result, Retry
from sereno.sdk.stores import Exchange, StoreBusy, StoreLimited, StoreRefused

What = Literal["delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"]
EFFECT = "X-Sereno-Effect"
BRINGS = _("Sends the shop's mail, and tells what arrived, bounced or was marked as spam.")
"""What each of them is good for, on its page."""
KEY_REFUSED = "mail.key_refused"


# --- what became of it ------------------------------------------------------------------------------


def answer(
    what: What,
    id: str,
    email: object,
    at: object,
    received_at: datetime,
    *,
    effect: object = "",
    reason: object = "",
    is_permanent: bool | None = None,
    url: object = None,
    is_machine: bool | None = None,
) -> NewEvent | None:
    """None where nobody's address is named. `at` is ISO 8601 or seconds since the epoch."""
    address = str(email or "").strip().lower()
    if "@" not in address or len(address) > 320:
        return None
    data: dict[str, Any] = {"email": address, "channel": "email"}
    said = {"effect": str(effect or "")[:300], "reason": str(reason or "")[:300], "url": str(url or "")[:2000]}
    data |= {name: text for name, text in said.items() if text}
    data |= {"is_permanent": is_permanent} if is_permanent is not None else {}
    data |= {"is_machine": is_machine} if is_machine is not None else {}
    key = f"email:{address}"[:180]
    occurred = min(_instant(at) or received_at, received_at)
    data |= {"done_at": format_instant(occurred)} if is_machine is not None else {}
    digest = blake2b(f"{id}|{what}|{address}".encode(), digest_size=16).hexdigest()
    refs = {"customer": key, "email": address[:180]}
    return NewEvent(f"{what}|{digest}", f"message.{what}", f"customer:{key}", occurred, data, refs)


def mapped(events: Sequence[NewEvent | None]) -> Mapped:
    found = tuple(event for event in events if event is not None)
    return Mapped(found, None if found else "event.not_used")


def _instant(at: object) -> datetime | None:
    if isinstance(at, str) and not at.replace(".", "", 1).isdigit():
        return as_instant(at)
    try:
        return datetime.fromtimestamp(float(str(at)), UTC)
    except (ValueError, OverflowError, OSError):
        return None


# --- who says so ------------------------------------------------------------------------------------


def verify_shared(
    secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime, settings: Mapping[str, Any]
) -> Verdict:
    """Of providers that sign nothing: the secret stands in `Authorization`, as Bearer or as Basic's password."""
    scheme, _space, given = headers.get("authorization", "").strip().partition(" ")
    given = given.strip()
    if scheme.lower() == "basic":
        try:
            given = b64decode(given, validate=True).decode().partition(":")[2]
        except ValueError:
            return "bad_signature"
    elif scheme.lower() != "bearer":
        return "bad_signature"
    return verify_bare(secrets, given)


def sign_basic(
    secret: str, body: bytes, headers: Mapping[str, str], now: datetime, settings: Mapping[str, Any]
) -> dict[str, str]:
    return {**headers, "authorization": basic("sereno", secret)}


def by_body(headers: Mapping[str, str], body: bytes, settings: Mapping[str, Any]) -> str:
    """A call's name where it has none of its own: the same call again is the same body."""
    return body_hash(body)


def part(held: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What stands there, if it has names of its own."""
    found = held.get(name)
    return found if isinstance(found, Mapping) else {}


def basic(user: str, password: str) -> str:
    return f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"


# --- handing it over --------------------------------------------------------------------------------


def hand_over(
    exchange: Exchange,
    url: str,
    headers: Mapping[str, str],
    body: Any,
    mail: Mail,
    refused: Mapping[str, str] | None = None,
) -> Result | Any:
    """POST a mail as JSON. Gives the provider's answer, or the Result of one that was not taken: Retry where it may go
    later, Fail where it never will. `refused`: words of the provider that speak of the reader's address, with the
    reason they stand for. What an answer lost on its way left behind is not known: the next attempt has the same
    Message-ID."""
    try:
        return exchange.send("POST", url, body=body, headers=headers)
    except StoreLimited as error:
        return Retry("mail.limited", str(error)[:500], "limited", error.after)
    except StoreBusy as error:
        return Retry("mail.busy", str(error)[:500], after=error.after)
    except StoreRefused as error:
        return refusal(error, mail, refused or {})


def refusal(error: StoreRefused, mail: Mail, refused: Mapping[str, str]) -> Result:
    text = str(error)[:500].replace('": ', '":').replace("The store", "It", 1)
    if error.code == "store.key_refused":
        return Retry(KEY_REFUSED, f"{text} Give the connection a key that may send.", "limited")
    for words, reason in refused.items():
        if words in text:
            return Fail(reason, f"The mail provider does not take {mail.to}: {text}")
    return Fail("message.refused", f"The mail provider said: {text} Mend the message or the sender, then replay.")


def taken(mail: Mail, id: object) -> Done:
    return Done({"message_id": mail.message_id, "to": mail.to, "provider_id": str(id or "")[:200]})


def effect_of(mail: Mail) -> str:
    return mail.headers.get(EFFECT, "")


def parts_of(address: str | None) -> tuple[str, str]:
    """Name and address of `"Name" <address>`. Raises MailInvalid's kin, ValueError, for what is none."""
    from email.utils import parseaddr

    name, found = parseaddr(address or "")
    if "@" not in found:
        raise ValueError(f"{address!r} is not an e-mail address")
    return name, found
