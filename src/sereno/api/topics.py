"""Topics: what the shop's marketing is about, and what an address wants to hear of it."""

from __future__ import annotations

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Field, Query, Router, Schema

from sereno.api.keys import caller, shop_of
from sereno.api.preconditions import IfMatch, tag_needed
from sereno.api.problems import Problem
from sereno.runtime import preferences
from sereno.sdk.topics import Choice, TopicsInvalid, topics_of

router = Router(tags=["Topics"])
Channel = Literal["email", "sms", "whatsapp", "telegram", "push"]


class TopicIn(Schema):
    name: str = Field(description="What flows and newsletters call it: small letters, digits and hyphens.")
    titles: dict[str, str] = Field(description="What people read, by language (`en`, `es`, `pt`, `ro`).")


class TopicsIn(Schema):
    topics: list[TopicIn] = Field(max_length=20, description="All of them, in the order in which people see them.")


class TopicsOut(TopicsIn):
    pass


class Whose(Schema):
    address: str = Field(
        min_length=1, max_length=254, description="An e-mail address, a number, or how a chat is named."
    )
    channel: Channel = "email"


class ChoiceOut(Schema):
    marketing: bool | None = Field(description="Yes or no to marketing at all; null: nothing is on record.")
    topics: list[str] = Field(description="Topics they want.")
    refused_topics: list[str] = Field(description="Topics they do not want; of all others nothing was said.")
    often: str = Field(description="`week` or `month`: at most one marketing message in so long; empty: as you like.")


class ChoiceIn(Whose):
    topics: list[str] = Field([], max_length=20, description="Topics they want.")
    refused_topics: list[str] = Field([], max_length=20, description="Topics they do not want.")
    often: Literal["", "week", "month"] | None = Field(None, description="Left out: as it was.")
    text: str = Field("", max_length=2000, description="The words the person saw.")
    language: str = Field("", max_length=16)
    ip: str = Field("", max_length=64, description="The address the person came from.")
    source: str = Field("api", min_length=1, max_length=64, description="Where it was said: a form's name, say.")


@router.get("/topics", response=TopicsOut)
def show_topics(request: HttpRequest, response: HttpResponse) -> dict[str, Any]:
    """The topics customers choose from. Their `ETag` goes into `If-Match` of a change."""
    found = preferences.current(shop_of(request).settings)
    response["ETag"] = f'"{found.tag}"'
    return {"topics": found.document()}


@router.put("/topics", response=TopicsOut)
def set_topics(request: HttpRequest, given: TopicsIn, response: HttpResponse, if_match: IfMatch) -> dict[str, Any]:
    """Have these topics from now on. What people said of one that is gone is kept. 412 when somebody was quicker."""
    shop, expected = shop_of(request), tag_needed(if_match, "topics")
    try:
        kept = preferences.change_topics(shop.pk, given.dict()["topics"], caller(request), expected=expected)
    except TopicsInvalid as error:
        fields = [{"field": where, "message": what} for where, what in error.problems]
        raise Problem("request.invalid", str(error), {"fields": fields}) from None
    except preferences.TopicsChanged as error:
        shop.refresh_from_db()
        now = preferences.current(shop.settings)
        raise Problem("topics.conflict", str(error), {"current": now.document()}, {"ETag": f'"{now.tag}"'}) from None
    response["ETag"] = f'"{kept.tag}"'
    return {"topics": kept.document()}


@router.get("/topics/choices", response=ChoiceOut)
def show_choice(request: HttpRequest, whose: Query[Whose]) -> dict[str, Any]:
    """What an address wants to hear about by one channel, as the ledger has it."""
    return _shown(preferences.way_at(shop_of(request).pk, whose.address, whose.channel))


@router.post("/topics/choices", response=ChoiceOut)
def record_choice(request: HttpRequest, given: ChoiceIn) -> dict[str, Any]:
    """Record what a person chose elsewhere, with the proof. Yes or no to marketing at all is recorded under
    `/consents`; this says what it is about. Saying again what holds changes nothing."""
    shop = shop_of(request)
    known = {topic.name for topic in topics_of(shop.settings)}
    fields = [
        {"field": field, "message": f"{name!r} is no topic of the shop; there are {', '.join(sorted(known)) or 'none'}"}
        for field in ("topics", "refused_topics")
        for name in getattr(given, field)
        if name not in known
    ]
    if both := set(given.topics) & set(given.refused_topics):
        fields.append({"field": "refused_topics", "message": f"{min(both)!r} is among `topics` too"})
    if fields:
        raise Problem("request.invalid", "; ".join(one["message"] for one in fields), {"fields": fields})
    said = {**dict.fromkeys(given.topics, True), **dict.fromkeys(given.refused_topics, False)}
    proof = {"text": given.text, "language": given.language, "ip": given.ip, "by": caller(request)}
    wish = preferences.Wish(given.channel, given.address, None, Choice(said, given.often))
    preferences.save(
        shop.pk, [wish], source=given.source, proof={name: value for name, value in proof.items() if value}
    )
    return _shown(preferences.way_at(shop.pk, given.address, given.channel))


def _shown(way: preferences.Way) -> dict[str, Any]:
    said = way.choice.topics
    return {
        "marketing": way.granted,
        "topics": sorted(name for name, wanted in said.items() if wanted),
        "refused_topics": sorted(name for name, wanted in said.items() if not wanted),
        "often": way.choice.often or "",
    }
