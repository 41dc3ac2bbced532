"""From the form of a post to what is kept, and back; and what it would look like on each account."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from sereno.engine.durations import format_instant
from sereno.runtime.social.accounts import Account
from sereno.runtime.social.plan import LANGUAGES, PostInvalid, Written, on_clock
from sereno.runtime.social.writing import Trouble, text_for
from sereno.sdk.social import NETWORKS
from sereno.store.models import Shop
from sereno.web.social.words import reason


def given(said: QueryDict, shop: Shop) -> dict[str, Any]:
    """The document that `plan.read_written` reads. Raises PostInvalid for an hour that is none."""
    plan: dict[str, Any] = {"kind": said.get("when", "now"), "every": said.get("every", "0")}
    if plan["kind"] == "at":
        plan["at"] = _instant(said.get("hour", ""), shop)
    if said.get("until"):
        plan["until"] = _instant(f"{said['until']}T23:59", shop)
    pictures = [
        {"name": name, "alt": said.get(f"alt-{name}", "")}
        for name in said.getlist("picture")
        if not said.get(f"drop-{name}")
    ]
    texts = {name: said.get(f"text-{name}", "") for name in (*LANGUAGES, *NETWORKS.names())}
    return {
        "title": said.get("title", ""),
        "texts": {**texts, "": said.get("text", "")},
        "link": said.get("link", ""),
        "campaign": said.get("campaign", ""),
        "accounts": said.getlist("account"),
        "pictures": pictures,
        "plan": plan,
    }


def shown(written: Written | None, shop: Shop) -> dict[str, Any]:
    """What stands in the form."""
    if written is None:
        return {"title": "", "texts": {}, "link": "", "campaign": "", "accounts": (), "pictures": (), "when": "at",
                "hour": "", "every": "0", "until": ""}  # fmt: skip
    plan, zone = written.plan, ZoneInfo(shop.timezone)
    return {
        "title": written.title,
        "texts": written.texts,
        "link": written.link,
        "campaign": written.campaign,
        "accounts": written.accounts,
        "pictures": written.pictures,
        "when": plan.kind,
        "hour": plan.at.astimezone(zone).strftime("%Y-%m-%dT%H:%M") if plan.at else "",
        "every": str(plan.every),
        "until": plan.until.astimezone(zone).date().isoformat() if plan.until else "",
    }


def typed(said: QueryDict) -> dict[str, Any]:
    """What was typed, right or wrong, for the form to show it again."""
    texts = {name: said.get(f"text-{name}", "") for name in (*LANGUAGES, *NETWORKS.names())}
    return {
        **{name: said.get(name, "") for name in ("title", "link", "campaign", "hour", "every", "until")},
        "texts": {"": said.get("text", ""), **{name: text for name, text in texts.items() if text}},
        "accounts": [int(one) for one in said.getlist("account") if one.isdecimal() and len(one) < 19],
        "pictures": [(name, said.get(f"alt-{name}", "")) for name in said.getlist("picture")],
        "when": said.get("when", "now"),
        "alt": said.get("alt", ""),
    }


def previews(written: Written, accounts: list[Account], troubles: list[Trouble], shop: Shop, post: int) -> list[Any]:
    """Each account with what it would say, how long that is, and what keeps it from going."""
    found: list[Any] = []
    for one in accounts:
        if one.id not in written.accounts or not one.is_active:
            continue
        text, rules = text_for(written, one, shop.locale, post), one.rules
        wrong = [reason(t.code, "", {"number": t.number, "of": t.of}) for t in troubles if t.account.id == one.id]
        count = rules.count(text)
        found.append({"account": one, "text": text, "count": count, "most": rules.longest, "wrong": wrong,
                      "share": min(100, round(100 * count / rules.longest))})  # fmt: skip
    return found


def _instant(text: str, shop: Shop) -> str:
    """An hour on the shop's clock."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError as error:
        raise PostInvalid("say the day and the hour, such as 2026-11-27T09:00", "post.hour") from error
    return format_instant(on_clock(local.replace(tzinfo=None), ZoneInfo(shop.timezone)))
