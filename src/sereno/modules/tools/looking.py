"""Who it is that another tool's notice only numbers: looked up there, and what it says of them told here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sereno.commerce.identity import customer_key
from sereno.engine.durations import format_instant
from sereno.sdk.config import Config, option
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Events
from sereno.sdk.result import Done, Result
from sereno.sdk.tools import FindDeal, FindPerson, use_tool

MOST = 10
"""People of one sale who hear that it moved."""


class LookUpConfig(Config):
    person: str = option(_("Person"), template=True)
    tool: str = option(_("Tool"), default="", template=True)
    what: str = option(_("What"), default="", template=True)
    changed_at: str = option(_("When"), default="", template=True)


@action(
    "tools.look_up",
    label=_("Look up {person} in another tool"),
    icon="search",
    config=LookUpConfig,
    connection=lambda config: "tool:any",
)
def look_up(config: LookUpConfig, ctx: Context) -> Result:
    """Look up somebody whom a tool named by its own id alone, and take over what it says: what they allow goes into the
    ledger of consents, how the CRM has them and their sales into their record."""
    if config.what == "deal":
        return _deal(config, ctx)
    done = use_tool(ctx, FindPerson(config.person))
    if not isinstance(done, Done):
        return done
    email = str(done.value.get("email") or "").lower()
    if "@" not in email:
        return Done({"email": email, "is_told": False})
    if config.what == "contact":
        said = {name: str(done.value.get(name) or "") or None for name in ("stage", "owner")}
        _tell(config, ctx, "contact.changed", email, "crm", said)
        return Done({"email": email, "is_told": True})
    return _consent(config, ctx, email, done.value.get("accepts_email"), str(done.value.get("tool") or ""))


def _consent(config: LookUpConfig, ctx: Context, email: str, said: object, tool: str) -> Result:
    if not isinstance(said, bool):
        return Done({"email": email, "is_told": False})
    at = _instant(config.changed_at, ctx.now)
    data = {
        "email": email,
        "channel": "email",
        "purpose": "marketing",
        "granted": said,
        "state": "subscribed" if said else "unsubscribed",
        "source": config.tool or tool,
        "changed_at": format_instant(at),
    }
    key = customer_key(None, email) or email
    refs = {"customer": key, "email": email}
    ctx.port(Events).emit(f"look-up|{ctx.effect_key}"[:200], "consent.changed", f"customer:{key}", data, refs)
    return Done({"email": email, "is_told": True})


def _deal(config: LookUpConfig, ctx: Context) -> Result:
    """All whom the sale is with hear that it moved."""
    done = use_tool(ctx, FindDeal(config.person))
    if not isinstance(done, Done):
        return done
    emails = [str(one).lower() for one in done.value.get("emails") or () if "@" in str(one)][:MOST]
    names = ("title", "stage", "pipeline", "owner", "amount", "currency")
    said = {name: str(done.value.get(name) or "") or None for name in names}
    for email in dict.fromkeys(emails):
        _tell(config, ctx, "deal.changed", email, "deal", {"id": config.person, **said})
    return Done({"email": ", ".join(emails), "is_told": bool(emails)})


def _tell(config: LookUpConfig, ctx: Context, type_: str, email: str, part: str, said: Mapping[str, Any]) -> None:
    """As the tool has it now: a notice that comes late tells nothing that is no longer so."""
    key = (customer_key(None, email) or email)[:180]
    data = {
        "id": key,
        "email": email,
        part: {"tool": config.tool, **said, "changed_at": format_instant(ctx.now)},
    }
    refs = {"customer": key, "email": email[:180]}
    ctx.port(Events).emit(f"look-up|{ctx.effect_key}|{email}"[:200], type_, f"customer:{key}", data, refs)


def _instant(said: str, now: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(said)
    except ValueError:
        return now
    return min(found, now) if found.tzinfo else now
