"""The Jinja environment of all pages: escaping on, translations in, and what every template may call."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext, npgettext, pgettext
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Undefined, pass_context
from jinja2.runtime import Context
from jinja2.utils import missing
from markupsafe import Markup

from sereno.sdk.masking import masked
from sereno.web import documents, flowtree, formats, phrases, refusals, sentences, words
from sereno.web.access import StaffRequest, may_answer
from sereno.web.builder.forms.event_words import event_word

HERE = Path(__file__).resolve().parent


class Absent(Undefined):
    """A name nobody gave is an error; a key that a mapping does not have is just empty."""

    def __new__(cls, hint: str | None = None, obj: Any = missing, *args: Any, **kwargs: Any) -> Undefined:  # type: ignore[misc]
        kind = StrictUndefined if obj is missing else Undefined
        return kind(hint, obj, *args, **kwargs)


def jinja(**options: Any) -> Environment:
    """Made once by Django. An undefined name in a template is an error, never an empty place."""
    options.update(loader=FileSystemLoader(HERE / "templates"), undefined=Absent, trim_blocks=True)
    options.update(lstrip_blocks=True, autoescape=True, extensions=["jinja2.ext.i18n"])
    environment = Environment(**options)  # noqa: S701 - autoescape is in the options
    environment.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext, npgettext=npgettext)  # type: ignore[attr-defined]
    environment.policies["ext.i18n.trimmed"] = True
    environment.globals.update(
        url=_url,
        static=static,
        icon=icon,
        word=words.word,
        skip_reason=words.skip_reason,
        run_reason=words.run_reason,
        role_names=words.ROLES,
        action_sentence=flowtree.action_sentence,
        title_of=documents.title_of,
        titled=documents.titled,
        may_answer=may_answer,
        meaning=refusals.meaning,
    )
    environment.filters.update(
        ago=_ago,
        clock=_clock,
        number=formats.number,
        money=formats.money,
        pretty=formats.pretty,
        masked=masked,
        seen=formats.seen_value,
        day=formats.day,
        duration=sentences.duration,
        event_word=event_word,
        instant=formats.instant,
        said=phrases.said,
    )
    return environment


def _url(name: str, *args: Any, **kwargs: Any) -> str:
    return reverse(name, args=args, kwargs=kwargs)


@lru_cache(maxsize=64)
def static(path: str) -> str:
    """The address of a static file; its content's hash is in it, so that a browser may keep it for ever."""
    digest = hashlib.sha256((HERE / "static" / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={digest}"


def icon(name: str, large: bool = False) -> Markup:
    return Markup('<svg class="icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>').format(
        " large" if large else "", static("icons.svg"), name
    )


@pass_context
def _ago(context: Context, instant: Any) -> Any:
    return formats.ago(instant, _zone(context))


@pass_context
def _clock(context: Context, instant: Any) -> Any:
    return formats.clock(instant, _zone(context))


def _zone(context: Context) -> str:
    request: StaffRequest | None = context.get("request")
    shop = getattr(request, "shop", None)
    return shop.timezone if shop is not None else "UTC"
