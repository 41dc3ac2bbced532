"""What the page of a connection shows of the permission to write: what was given, what the platform says, what Sereno
can do there with it, and the form to give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.urls import reverse
from django.utils.translation import gettext as _

from sereno.modules.http.guard import hosts_of
from sereno.runtime.connecting import ConnectionRefused
from sereno.runtime.stores import permitting
from sereno.runtime.stores.abilities import of_kind
from sereno.runtime.stores.keys import REFUSED, facts_of
from sereno.sdk.connector import Setting
from sereno.sdk.plugin import registry
from sereno.sdk.stores import Grant
from sereno.store.models import Alert, Connection
from sereno.web.connecting import forms, words
from sereno.web.wiring import wiring

PREFIX = "access-"
"""Of the fields' names: the page has other forms."""


def part_of(
    row: Connection,
    *,
    may_see: bool,
    typed: Mapping[str, str] | None = None,
    refusal: ConnectionRefused | None = None,
) -> dict[str, Any]:
    """What the template `connecting/access.html` draws; {} for a platform that is only listened to. `typed` and
    `refusal` are of a form that was refused."""
    found = of_kind(registry(), row.kind)
    connector = registry().connectors.get(row.kind)
    if found is None or connector is None or connector.store is None:
        return {}
    api = connector.store
    is_given = bool(row.access)
    problem = ""
    kept: dict[str, permitting.Shown] = {}
    if may_see:
        try:
            kept = {one.setting.name: one for one in permitting.shown(row.name, shop_id=row.shop_id)}
        except ConnectionRefused as unreadable:
            problem = words.refusal_of_access(unreadable.code, str(unreadable))
    field = refusal.field if refusal is not None else ""
    said = _said(row, refusal, typed or {}) if refusal is not None else ""
    return {
        "is_tool": api.tool is not None,
        "keeps_lists": api.tool is not None and api.tool.audience is not None and may_see,
        "is_given": is_given,
        "is_refused": is_given and _is_refused(row),
        "facts": facts_of(row.settings),
        "shop_currency": row.shop.currency,
        "abilities": [(one, _(one.words)) for one in sorted(found, key=lambda one: not one.is_there)],
        "count": sum(one.is_there for one in found),
        "steps": [_(step) for step in api.steps],
        "fields": [
            _field(one, kept.get(one.name), typed or {}, said if one.name == field else "") for one in api.access
        ],
        "problem": problem or (said if said and not field else ""),
        "theirs": str(refusal) if refusal is not None and not refusal.code.startswith("access.") else "",
        "is_open": refusal is not None,
        "grant": _grant(row, api.grant, kept, typed or {}, refusal),
    }


def _said(row: Connection, refusal: ConnectionRefused, typed: Mapping[str, str]) -> str:
    if refusal.code == "store.blocked" and refusal.field in typed:
        host = urlsplit(typed[refusal.field].strip()).netloc
        return words.blocked(row.shop.slug, list(dict.fromkeys((*hosts_of(row.shop.settings), host))))
    return words.refusal_of_access(refusal.code, str(refusal))


def _grant(
    row: Connection,
    grant: Grant | None,
    kept: Mapping[str, permitting.Shown],
    typed: Mapping[str, str],
    refusal: ConnectionRefused | None,
) -> dict[str, Any] | None:
    """The form that leads to the platform's own page."""
    connector = registry().connectors.get(row.kind)
    if grant is None or connector is None or connector.store is None:
        return None
    known = {name: str(row.settings.get(name) or "") for name in grant.asks}
    fields = [
        replace(_field(one, kept.get(one.name), {**known, **typed}, ""), is_required=True, name=f"grant-{one.name}")
        for one in connector.store.access
        if one.name in grant.asks
    ]
    return {
        "fields": [
            replace(one, is_required=not (one.type == "password" and _is_kept(kept, one.name))) for one in fields
        ],
        "back": addresses(row.name)[0] if grant.comes_by == "redirect" else "",
    }


def _is_kept(kept: Mapping[str, permitting.Shown], name: str) -> bool:
    held = kept.get(name.removeprefix("grant-"))
    return held is not None and held.is_kept


def addresses(name: str) -> tuple[str, str]:
    """Where a browser comes back to with a key, and where a platform sends one."""
    base = wiring().base_url
    return f"{base}{reverse('connection-grant-back', args=[name])}", f"{base}{reverse('grant-inbox', args=[name])}"


def _field(setting: Setting, kept: permitting.Shown | None, typed: Mapping[str, str], error: str) -> forms.Shown:
    is_secret = setting.kind == "secret"
    is_kept = kept is not None and kept.is_kept
    value = "" if is_secret else typed.get(setting.name, kept.value if kept is not None else "")
    help_ = _(setting.help) if setting.help else ""
    if is_secret and is_kept and kept is not None:
        ending = _("The one that is kept ends in %(ending)s.") % {"ending": kept.value} if kept.value else ""
        help_ = " ".join(part for part in (_("Empty: the one that is kept stays."), ending) if part)
    options = None
    if setting.kind == "choice":
        options = tuple((one, one) for one in (setting.options if setting.is_required else ("", *setting.options)))
    return forms.Shown(
        name=PREFIX + setting.name,
        label=_(setting.label),
        value=value,
        help=help_,
        error=error,
        type="password" if is_secret else "url" if setting.kind == "url" else "text",
        options=options,
        is_required=setting.is_required and not (is_secret and is_kept),
    )


def read(row: Connection, post: Mapping[str, str]) -> dict[str, str]:
    """The values of the form."""
    connector = registry().connectors.get(row.kind)
    names = [one.name for one in connector.store.access] if connector is not None and connector.store else []
    return {name: str(post[PREFIX + name]) for name in names if PREFIX + name in post}


def _is_refused(row: Connection) -> bool:
    about = f"connection:{row.name}"
    open_ones = Alert.objects.filter(shop=row.shop_id, kind=REFUSED, about=about).exclude(status="settled")
    return open_ones.exists()
