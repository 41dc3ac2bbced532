"""What somebody has changed in an editor and not saved yet. A question that is added, moved or dropped, and the words
of another language, must not reach customers before *Save*: so the whole document travels in its own form, sealed,
and comes back with every button of it.

Invariant: only *Save* keeps anything; and what was read at one version is never saved over another.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict

from sereno.sdk.languages import LOCALES
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.store.sealing import TokenInvalid, seal, unseal

PURPOSE = "unsaved"
FIELD = "unsaved"


def sealed(shop: Shop, kind: str, name: str, document: dict[str, Any]) -> str:
    """For the form's hidden field; good for this document of this shop alone."""
    return seal(secrets.newest(), PURPOSE, [shop.pk, kind, name, document])


def document_of(form: QueryDict, shop: Shop, kind: str, name: str, kept: dict[str, Any]) -> dict[str, Any]:
    """The document as the form last showed it; as it is `kept` where the form brings none of ours."""
    try:
        found = unseal(secrets.newest(), PURPOSE, form.get(FIELD, ""))
    except TokenInvalid:
        return kept
    return found[3] if found[:3] == [shop.pk, kind, name] else kept


def version_of(form: QueryDict) -> int | None:
    """At which version it was read."""
    given = form.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else None


def language_of(request: HttpRequest, shop: Shop) -> str:
    """In which language the texts of the form are."""
    given = request.POST.get("in") or request.GET.get("in") or shop.locale[:2]
    return given if given in LOCALES else "en"


def turned_to(form: QueryDict, language: str) -> str:
    """The language a tab was pressed for (`do` is `in:es`), else the form's own."""
    do, _mark, wanted = form.get("do", "").partition(":")
    return wanted if do == "in" and wanted in LOCALES else language


def is_saving(form: QueryDict) -> bool:
    return form.get("do", "save") == "save"
