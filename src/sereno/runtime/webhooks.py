"""What people do with outgoing webhooks: make, change, test, rotate the secret, pause, remove. One transaction each,
with a line in the audit. A refusal is a ValueError or LookupError that says why.
"""

from __future__ import annotations

import base64
import secrets as random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from sereno.runtime import notices
from sereno.runtime.hooks import TYPES, Listener, message, message_row
from sereno.runtime.staff import audit, open_staff
from sereno.sdk.plugin import URGENT
from sereno.sdk.ports import Subscriber
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode, encode
from sereno.store.fields import storable, to_micros
from sereno.store.secrets import decrypt, encrypt

FLOW = "sereno-webhooks"
HOST = notices.Host(FLOW, "Outgoing webhooks")
"""Messages hang on runs of a flow that nothing starts: so they are shown, tried again and counted as all effects."""
LONGEST_URL = 2000
MOST = 50
"""Webhooks of one shop."""
KEPT_SECRETS = 2
"""The new one and the one before, which both sign until the next rotation."""
Status = Literal["active", "paused"]


@dataclass(frozen=True, slots=True)
class WebhookRow:
    id: int
    name: str
    url: str
    types: tuple[str, ...]
    secrets: tuple[str, ...]
    status: str
    run: int
    flow: int


class WebhookLookup:
    """The live `Subscribers` port of one shop."""

    def __init__(self, database: Database, shop_id: int) -> None:
        self._database = database
        self._shop_id = shop_id

    def find(self, id: int) -> Subscriber | None:
        with self._database.read() as tx:
            row = tx.one("webhook_target", {"id": id, "shop": self._shop_id})
        return None if row is None else Subscriber(row[0], tuple(decrypt(row[1])), row[2])


def create_webhook(
    shop_id: int, name: str, url: str, types: Sequence[str], by: str, *, database: Database | None = None
) -> tuple[int, str]:
    """Gives the id, and the secret: the only time it is seen. Raises ValueError for what cannot be used."""
    staff = open_staff(database)
    name, url, types = _checked(name, url, types)
    secret = _new_secret()
    with staff.database.transaction() as tx:
        if len(tx.all("webhooks_of", {"shop": shop_id})) >= MOST:
            raise ValueError(f"a shop has {MOST} webhooks at most; remove one first")
        now = staff.world.clock.now()
        _flow, run = notices.host_run(tx, shop_id, HOST, "webhook-{row}", f"webhook:{name[:100]}", now)
        at = to_micros(now)
        row = tx.one(
            "insert_webhook",
            {
                "shop": shop_id,
                "name": name,
                "url": url,
                "types": encode(types),
                "secrets": encrypt([secret]),
                "run": run,
                "by": by[:200],
                "now": at,
            },
        )
        assert row is not None
        audit(tx, shop_id, at, by, "webhook.created", name, {"id": row[0], "url": url, "types": types})
    return row[0], secret


def change_webhook(
    shop_id: int,
    id: int,
    by: str,
    *,
    name: str | None = None,
    url: str | None = None,
    types: Sequence[str] | None = None,
    database: Database | None = None,
) -> None:
    """What is not given stays. Raises LookupError, ValueError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = webhook_row(tx, shop_id, id)
        wanted = _checked(
            row.name if name is None else name, row.url if url is None else url, row.types if types is None else types
        )
        at = to_micros(staff.world.clock.now())
        parameters = {"id": id, "name": wanted[0], "url": wanted[1], "types": encode(wanted[2]), "now": at}
        tx.run("change_webhook", parameters)
        before = {"name": row.name, "url": row.url, "types": row.types}
        after = {"name": wanted[0], "url": wanted[1], "types": wanted[2]}
        audit(tx, shop_id, at, by, "webhook.changed", wanted[0], {"id": id, "before": before, "after": after})


def set_webhook_status(shop_id: int, id: int, status: Status, by: str, *, database: Database | None = None) -> None:
    """`paused`: messages wait; `active`: they go, also of one that was switched off. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = webhook_row(tx, shop_id, id)
        at = to_micros(staff.world.clock.now())
        tx.run("set_webhook_status", {"id": id, "status": status, "now": at})
        what = "webhook.paused" if status == "paused" else "webhook.resumed"
        audit(tx, shop_id, at, by, what, row.name, {"id": id, "before": row.status})


def rotate_webhook_secret(shop_id: int, id: int, by: str, *, database: Database | None = None) -> str:
    """A new secret, shown once. The one before signs beside it until the next rotation, so that nothing is lost while
    the other side changes over. Raises LookupError."""
    staff = open_staff(database)
    secret = _new_secret()
    with staff.database.transaction() as tx:
        row = webhook_row(tx, shop_id, id)
        at = to_micros(staff.world.clock.now())
        kept = encrypt([secret, *row.secrets][:KEPT_SECRETS])
        tx.run("set_webhook_secrets", {"id": id, "secrets": kept, "now": at})
        audit(tx, shop_id, at, by, "webhook.secret_rotated", row.name, {"id": id})
    return secret


def remove_webhook(shop_id: int, id: int, by: str, *, database: Database | None = None) -> None:
    """Its messages that have not gone are taken back; what was delivered stays in the record. Raises LookupError."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = webhook_row(tx, shop_id, id)
        at = to_micros(staff.world.clock.now())
        tx.run("cancel_messages", {"run": row.run, "now": at})
        tx.run("remove_webhook", {"id": id})
        audit(tx, shop_id, at, by, "webhook.removed", row.name, {"id": id, "url": row.url})


def test_webhook(shop_id: int, id: int, by: str, *, database: Database | None = None) -> str:
    """Send a message of type `webhook.test`, whatever the webhook asks for. Gives the message's id. Raises LookupError,
    and ValueError for one that is not active."""
    staff = open_staff(database)
    with staff.database.transaction() as tx:
        row = webhook_row(tx, shop_id, id)
        if row.status != "active":
            raise ValueError("this webhook is switched off; switch it on first")
        now = staff.world.clock.now()
        body = message("webhook.test", {"webhook": row.name, "by": by}, now)
        made = message_row(Listener(id, row.run, row.flow, frozenset()), shop_id, body, now, URGENT)
        tx.many("copy_effects", [made])
        if staff.database.dialect == "postgresql":
            tx.all("notify")
        audit(tx, shop_id, to_micros(now), by, "webhook.tested", row.name, {"id": id})
    return made[0]


def webhook_row(tx: Transaction, shop_id: int, id: int) -> WebhookRow:
    """Raises LookupError."""
    row = tx.one("webhook_by_id", {"id": id, "shop": shop_id})
    if row is None:
        raise LookupError(f"there is no webhook {id} in this shop")
    id_, name, url, types, secrets, status, run, flow = row
    return WebhookRow(id_, name, url, tuple(decode(types)), tuple(decrypt(secrets)), status, run, flow)


def _checked(name: str, url: str, types: Iterable[str]) -> tuple[str, str, list[str]]:
    name, url, wanted = storable(name.strip()), url.strip(), sorted(set(types))
    if not name or len(name) > 100:
        raise ValueError("give the webhook a name of at most 100 characters")
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_whole, parts = False, urlsplit("")
    if not is_whole or len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise ValueError("the address begins with https:// and names a host")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the address must not carry a password; messages are signed, which proves more")
    unknown = [one for one in wanted if one != "*" and one not in TYPES]
    if unknown:
        raise ValueError(f"there is no event {unknown[0]!r}; there are {', '.join(TYPES)} and *")
    if not wanted:
        raise ValueError("choose at least one event")
    return name, url, ["*"] if "*" in wanted else wanted


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(random.token_bytes(32)).decode()
