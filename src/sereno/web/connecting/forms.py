"""The fields of a connection's form, made from its connector's settings, and what is wrong with what was typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from django.utils.translation import gettext as _

from sereno.runtime.connecting import LONGEST_TITLE
from sereno.sdk.connector import Guide, Setting

LEAST_SECRET, LONGEST_SECRET, LONGEST_VALUE = 8, 500, 300
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


@dataclass(frozen=True, slots=True)
class Shown:
    """A field as the template draws it. `options` are pairs for a choice, None for a line of text."""

    name: str
    label: str
    value: str
    help: str
    error: str
    type: str
    options: tuple[tuple[str, str], ...] | None
    is_required: bool


def fields_of(guide: Guide, values: Mapping[str, str], errors: Mapping[str, str]) -> list[Shown]:
    """All but the secret, which has a form of its own."""
    return [
        Shown(
            name=one.name,
            label=_(one.label),
            value=str(values.get(one.name) or ""),
            help=_(one.help) if one.help else "",
            error=errors.get(one.name, ""),
            type="url" if one.kind == "url" else "text",
            options=tuple((value, value) for value in one.options) if one.kind == "choice" else None,
            is_required=one.is_required,
        )
        for one in guide.settings
        if one.kind != "secret"
    ]


def read(guide: Guide, post: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """(values, errors by field), the secret left out."""
    values: dict[str, str] = {}
    errors: dict[str, str] = {}
    for one in guide.settings:
        if one.kind == "secret":
            continue
        value = str(post.get(one.name, "")).strip()[: LONGEST_VALUE + 1]
        values[one.name] = value
        problem = _problem(one, value)
        if problem:
            errors[one.name] = problem
    return values, errors


def title_problem(title: str) -> str:
    if not title:
        return _("Give it a name, so that you know it again: “Our shop” or “Till in the old town”.")
    if len(title) > LONGEST_TITLE:
        return _("That is longer than %(most)s characters. Shorten it.") % {"most": LONGEST_TITLE}
    return ""


def secret_problem(setting: Setting | None, secret: str) -> str:
    """What is wrong with a secret that was pasted, in words; "" when nothing is."""
    if not secret.strip():
        return _("Paste the secret here: without it nobody could tell the store's deliveries from a stranger's.")
    if secret != secret.strip() or "\n" in secret:
        return _("There is a space or a line break at its end. Copy it again, without.")
    if setting is not None and setting.begins and not secret.startswith(setting.begins):
        return _("This platform's secrets begin with %(begins)s. What you pasted may be another key.") % {
            "begins": setting.begins
        }
    if len(secret) < LEAST_SECRET:
        return _("That is too short to protect anything. Use at least %(least)s characters.") % {"least": LEAST_SECRET}
    if len(secret) > LONGEST_SECRET:
        return _("That is too long for a secret. Copy the secret alone.")
    return ""


def _problem(setting: Setting, value: str) -> str:
    if not value:
        return _("This is needed. %(help)s") % {"help": _(setting.help)} if setting.is_required else ""
    if len(value) > LONGEST_VALUE:
        return _("That is longer than %(most)s characters. Shorten it.") % {"most": LONGEST_VALUE}
    if setting.kind == "url" and not _is_url(value):
        return _("That is no web address. Write it whole, with https:// before it.")
    if setting.kind == "zone" and value not in available_timezones():
        return _("There is no such time zone. Write it like Europe/Madrid.")
    if setting.kind == "currency" and not re.fullmatch(r"[A-Z]{3}", value):
        return _("That is no currency. Write its three letters, such as EUR.")
    if setting.kind == "header" and not _HEADER.fullmatch(value):
        return _("A header's name has letters, digits and dashes only, such as X-Signature.")
    if setting.kind == "choice" and value not in setting.options:
        return _("Choose one of the list.")
    return ""


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value
    except ValueError:
        return False
