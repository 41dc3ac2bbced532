"""Stored secrets that a former secret key still reads, sealed anew under the present one.

Invariant: a row is written only where it holds what was read of it, so that nothing that changes meanwhile is lost; and
what is under the present key is left, so that a run that was cut off goes on where it was when it is begun again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db.models import Model, Q

from sereno.store.secrets import SecretsUnreadable, decrypt, encrypt, is_newest

SEALED: dict[str, tuple[str, ...]] = {
    "connection": ("secrets", "access"),
    "webhook": ("secrets",),
    "storefront_key": ("secret",),
    "second_factor": ("secret",),
    "privacy_request": ("about", "work"),
    "feed_source": ("key",),
    "mail_domain": ("private_key",),
    "purchasing_supplier": ("secret",),
    "social_account": ("access",),
    "channels_browser": ("subscription",),
    "tools_audience_person": ("sealed",),
}
"""By table, the columns that hold sealed texts. Answers kept for requests that are sent twice are not among them: they
last a day."""
PAGE = 500


@dataclass(frozen=True, slots=True)
class Held:
    """Sealed texts: `newest` under the present key, `former` under one of the former ones, `unreadable` by none."""

    newest: int = 0
    former: int = 0
    unreadable: int = 0


def held() -> dict[str, Held]:
    """By table, those that have any."""
    found: dict[str, Held] = {}
    for table, columns in SEALED.items():
        counts = {"newest": 0, "former": 0, "unreadable": 0}
        for _model, rows in _pages(table, columns):
            for _id, *texts in rows:
                for text in texts:
                    if text:
                        counts[_state(text)] += 1
        if any(counts.values()):
            found[table] = Held(**counts)
    return found


def reseal() -> dict[str, int]:
    """By table, how many texts were sealed anew. What no key reads stays as it is."""
    found: dict[str, int] = {}
    for table, columns in SEALED.items():
        for model, rows in _pages(table, columns):
            for id_, *texts in rows:
                for column, text in zip(columns, texts, strict=True):
                    if text and _state(text) == "former":
                        anew = {column: encrypt(decrypt(text))}
                        mine = model._default_manager.filter(**{"pk": id_, column: text})
                        found[table] = found.get(table, 0) + mine.update(**anew)
    return found


def _state(text: str) -> str:
    if is_newest(text):
        return "newest"
    try:
        decrypt(text)
    except SecretsUnreadable:
        return "unreadable"
    return "former"


def _pages(table: str, columns: tuple[str, ...]) -> Iterator[tuple[type[Model], list[tuple[Any, ...]]]]:
    """The rows of a table by their keys, a page at a time, each read when the one before it is done."""
    model = next(one for one in apps.get_models() if one._meta.db_table == table)
    after: Any = None
    is_any = reduce(or_, (Q(**{f"{column}__gt": ""}) for column in columns))
    while True:
        rows = model._default_manager.filter(is_any).order_by("pk")
        rows = rows if after is None else rows.filter(pk__gt=after)
        page = list(rows.values_list("pk", *columns)[:PAGE])
        if not page:
            return
        yield model, page
        after = page[-1][0]
