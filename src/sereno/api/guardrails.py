"""Guardrails: how often people are written to, when it is quiet, whose flow goes first, and what waits."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from sereno.api.keys import caller, shop_of
from sereno.api.preconditions import IfMatch, tag_needed
from sereno.api.problems import Problem
from sereno.runtime.arbiter import changing
from sereno.runtime.arbiter.rules import RulesInvalid, document_of

router = Router(tags=["Guardrails"])
_PLACE = re.compile(r"(\d{1,18})~(.{1,300})")


class RulesIn(Schema):
    caps: list[dict[str, Any]] = Field(
        max_length=20,
        description="Each `{channel, most, period, counts}`: at most `most` messages to one person in any `period` "
        "(`16h`, `7d`). `channel` is `email`, `sms`, `whatsapp`, `telegram`, `push` or `any`; `counts` is `marketing` "
        "or `all`.",
    )
    quiet: list[dict[str, Any]] = Field(
        max_length=20,
        description="Each `{channel, from, until, days, holds}`, in the reader's time zone; `days` none: every day.",
    )
    expires: dict[str, str | None] = Field({}, description="By purpose: how long a message is worth sending.")
    priorities: dict[str, int] = Field({}, description="By flow: 1 (goes first) to 9, over what the flow says.")


class RulesOut(RulesIn):
    pass


class WaitingOut(Schema):
    items: list[dict[str, Any]]
    next: str | None = Field(description="Give it as `after` for the next page.")


class MessagesOut(Schema):
    items: list[dict[str, Any]]


class GuardrailsAsked(Schema):
    after: str | None = Field(None, max_length=320)
    limit: int = Field(50, ge=1, le=200)


class Whom(Schema):
    who: str = Field(min_length=1, max_length=320, description="An address, or the customer's id.")


@router.get("/guardrails", response=RulesOut)
def show_guardrails(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """The rules that hold. Their `ETag` goes into `If-Match` of a change."""
    found = changing.current(shop_of(request).settings)
    response["ETag"] = f'"{found.tag}"'
    return document_of(found.rules)


@router.put("/guardrails", response=RulesOut)
def set_guardrails(request: HttpRequest, rules: RulesIn, response: HttpResponse, if_match: IfMatch) -> dict[str, Any]:
    """Have these rules from now on, for what waits too. 412 when somebody else was quicker."""
    shop = shop_of(request)
    try:
        kept = changing.change_rules(
            shop.pk, rules.dict(), caller(request), expected=tag_needed(if_match, "guardrails")
        )
    except RulesInvalid as error:
        fields = [{"field": where, "message": what} for where, what in error.problems]
        raise Problem("request.invalid", str(error), {"fields": fields}) from None
    except changing.RulesChanged as error:
        shop.refresh_from_db()
        now = changing.current(shop.settings)
        raise Problem(
            "guardrails.conflict", str(error), {"current": document_of(now.rules)}, {"ETag": f'"{now.tag}"'}
        ) from None
    response["ETag"] = f'"{kept.tag}"'
    return document_of(kept.rules)


@router.get("/guardrails/waiting", response=WaitingOut)
def list_waiting(request: HttpRequest, asked: Query[GuardrailsAsked]) -> dict[str, Any]:
    """Messages that wait for their moment, the next first, each with the reason and the values seen."""
    found = _PLACE.fullmatch(asked.after or "")
    after = (int(found.group(1)), found.group(2)) if found else (0, "")
    rows = changing.waiting(shop_of(request).pk, after=after, limit=asked.limit + 1)
    more = rows[asked.limit - 1] if len(rows) > asked.limit else None
    return {"items": rows[: asked.limit], "next": changing.place_of(more) if more else None}


@router.get("/guardrails/messages", response=MessagesOut)
def list_messages_to(request: HttpRequest, whom: Query[Whom]) -> dict[str, Any]:
    """The latest messages to one person of the last month: sent, on their way, waiting."""
    return {"items": changing.messages_to(shop_of(request).pk, whom.who)}
