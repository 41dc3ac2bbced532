"""A shop that writes to people by an action of the tests, and notes when each message really went."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from support import START, Place, fact

from sereno.runtime.arbiter.rules import SETTING
from sereno.sdk.config import Config, option
from sereno.sdk.config import text as text_field
from sereno.sdk.connector import NewEvent
from sereno.sdk.context import Context
from sereno.sdk.plugin import Addressed, MessageKind, action, registry
from sereno.sdk.ports import Consents
from sereno.sdk.result import Done, Result
from sereno.store.documents import encode

WENT: list[tuple[datetime, str, str]] = []
"""(when, effect, to)."""
NOTERS: list[Callable[[tuple[datetime, str, str]], None]] = [WENT.append]
"""Who is told of each letter that goes."""
OUTCOMES: dict[str, Callable[[], Result]] = {}
"""What becomes of a message with this text, where it is not simply sent."""


class LetterConfig(Config):
    to: str = text_field("To", template=True)
    text: str = text_field("Text", default="", template=True)
    channel: str = option("Channel", default="email")
    purpose: str = option("Purpose", default="marketing")
    expires: str | None = option("Expires", default=None)
    merge: str | None = text_field("Merge", default=None, template=True)
    best_moment: str | None = option("Best moment", default=None)


def register() -> None:
    """`tests.letter` writes to somebody; who was told no is called `no@...`."""
    if registry().actions.get("tests.letter") is not None:
        return
    from sereno.engine.durations import parse_duration

    def addressed(config: Mapping[str, Any], ctx: Context) -> Addressed:
        expires, within = config.get("expires"), config.get("best_moment")

        def refusal(consents: Consents) -> str | None:
            if consents.is_suppressed(config["to"], "email"):
                return "address.suppressed"
            return "consent.refused" if consents.allows(config["to"], "email", "marketing") is False else None

        return Addressed(
            config.get("channel", "email"),
            config["to"],
            config.get("purpose", "marketing"),
            refusal,
            parse_duration(expires) if expires else None,
            config.get("merge"),
            best_within=parse_duration(within) if within else None,
        )

    @action(
        "tests.letter",
        label="Write to {to}",
        config=LetterConfig,
        connection=lambda config: "post",
        message=lambda config: MessageKind(config.get("channel", "email"), config.get("purpose", "marketing")),
        addressed=addressed,
    )
    def letter(config: LetterConfig, ctx: Context) -> Result:
        """Write to somebody."""
        outcome = OUTCOMES.get(config.text, lambda: Done({"to": config.to}))()
        if isinstance(outcome, Done) and outcome.value.get("sent") is not False:
            NOTERS[0]((ctx.now, ctx.effect_key, config.to))
        return outcome


def flow(name: str, letter: str = "to: '{{ event.data.to }}', text: '{{ event.data.text }}'", extra: str = "") -> str:
    """One letter for each `custom.<name>`."""
    return (
        f"flow: {name}\ntrigger: {{event: custom.{name.replace('-', '_')}}}\n{extra}steps:\n"
        f"  - tests.letter: {{{letter}}}\n    as: sent\n  - log: {{text: on}}\n"
    )


def wish(id: str, flow: str, to: str = "ana@example.com", **refs: str) -> NewEvent:
    """Something that makes this flow write to somebody."""
    return fact(id, f"custom.{flow.replace('-', '_')}", f"thing:{id}", {"to": to, "text": id}, **refs)


def set_rules(place: Place, **rules: Any) -> None:
    document = {"caps": [], "quiet": [], "expires": {}, "priorities": {}, **rules}
    with place.database.transaction() as tx:
        mark = "?1" if place.database.dialect == "sqlite" else "$1"
        tx.text(f"UPDATE shop SET settings = {mark}", [encode({SETTING: document})])


def sent(place: Place) -> list[tuple[float, str]]:
    """(hours since the beginning, whose wish) of all that went, in order."""
    keys = dict(place.rows("SELECT effect.key, run.subject FROM effect JOIN run ON run.id = effect.run_id"))
    return [((at - START).total_seconds() / 3600, keys[key].removeprefix("thing:")) for at, key, _ in WENT]


def told(place: Place, subject: str) -> list[tuple[str, Mapping[str, Any]]]:
    """What the trace of the run about `thing:<subject>` says of messages."""
    rows = place.rows(
        "SELECT run.subject, run_trace.entries FROM run_trace JOIN run ON run.id = run_trace.run_id "
        "ORDER BY run_trace.id"
    )
    entries = [entry for about, text in rows if about == f"thing:{subject}" for entry in json.loads(text)]
    return [
        (entry["code"], entry["details"])
        for entry in entries
        if entry["code"] in ("effect.deferred", "effect.withheld", "effect.replaced")
    ]


def slots(place: Place) -> Sequence[tuple[Any, ...]]:
    return place.rows(
        "SELECT slot.person, slot.address, slot.status, slot.reason FROM message_slot AS slot "
        "JOIN effect ON effect.key = slot.key ORDER BY effect.id"
    )
