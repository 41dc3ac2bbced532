"""What a flow writes down for its own record, and the facts it states as events."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from pydantic import field_validator

from sereno.sdk.config import Config, option, text
from sereno.sdk.config import mark as _
from sereno.sdk.context import Context
from sereno.sdk.plugin import action
from sereno.sdk.ports import Events, Log
from sereno.sdk.result import Done, Fail, Result

_NAME = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_.]*")


class LogConfig(Config):
    text: str = text(_("Text"), template=True, max_length=5000, multiline=True)


@action("log", label=_("Note: {text}"), icon="note", config=LogConfig)
def log(config: LogConfig, ctx: Context) -> Result:
    """Write a line into the shop's log. It is kept with the run, and costs nothing outside."""
    with suppress(LookupError):  # The line is kept with the effect in any case.
        ctx.port(Log).write(config.text)
    return Done({"text": config.text})


class EmitConfig(Config):
    type: str = text(_("Type of event"), max_length=100, suggest="event_types", help=_("For example custom.reviewed"))
    subject: str | None = text(_("Subject"), default=None, template=True, max_length=200)
    data: dict[str, Any] = option(_("Data"), default={}, template=True)
    since: str | None = text(
        _("Since"),
        default=None,
        template=True,
        max_length=40,
        help=_("When a fact that notices an absence began to hold"),
    )

    @field_validator("type")
    @classmethod
    def _is_event_name(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError("a type of event is written noun.past, such as custom.reviewed")
        return value


@action("events.emit", label=_("State the fact {type}"), icon="signal", config=EmitConfig)
def emit(config: EmitConfig, ctx: Context) -> Result:
    """State a fact as an event of its own, so that other flows can start or end by it. It keeps the references of the
    run it comes from and, unless `data` is given, the data of the event that started it. `since` is for facts that
    notice an absence: what undoes it may have happened after that moment. Stating it twice changes nothing."""
    data = config.data or ctx.event.get("data") or {}
    if config.since:
        data = {**data, "since": config.since}
    refs = {kind: key for kind, key in ctx.refs.items() if key}
    try:
        ctx.port(Events).emit(ctx.effect_key, config.type, config.subject or ctx.subject, data, refs)
    except LookupError:
        return Fail("events.no_inbox", "This shop has no inbox for events that flows state.")
    return Done({"id": ctx.effect_key, "type": config.type})
