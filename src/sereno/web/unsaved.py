"""The editors of whole documents (surveys, lead forms, site content), and what somebody has changed in one and not yet
saved. A question that is added, moved or dropped, and the words of another language, must not reach customers before
*Save*: so the whole document travels in its own form, sealed, and comes back with every button of it.

Invariant: only *Save* keeps anything; and what was read at one version is never saved over another.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect

from sereno.sdk.languages import LOCALES
from sereno.store import secrets
from sereno.store.models import Shop
from sereno.store.sealing import TokenInvalid, seal, unseal
from sereno.web.access import StaffRequest
from sereno.web.shell import LANGUAGES, render

PURPOSE = "unsaved"
FIELD = "unsaved"


@dataclass(slots=True)
class Editing:
    """One editor while it is looked at or sent: the document as it is kept, then as its form says."""

    request: StaffRequest
    kind: str
    name: str
    document: dict[str, Any]
    version: int | None
    has_languages: bool = True
    """Whether texts are shown in one language at a time."""
    language: str = ""
    error: str = ""
    is_unsaved: bool = False

    def __post_init__(self) -> None:
        self.language = language_of(self.request, self.request.shop)

    def take(
        self,
        change: Callable[[dict[str, Any], str], dict[str, Any]],
        keep: Callable[[dict[str, Any], int | None], object],
        refusals: Mapping[type[Exception], Callable[[Any], str]],
        *,
        done: str,
        here: str,
    ) -> HttpResponse | None:
        """Do what the form was sent for. `change` gives the document with what the form says in a language, `keep`
        saves it as read at a version, `refusals` has words for what that raises. Gives the way on (to `here`) once it
        is saved; None where the page is to be shown again, with its error or with what is not saved yet."""
        form = self.request.POST
        held = document_of(form, self.request.shop, self.kind, self.name, self.document)
        self.document, self.version = change(held, self.language), version_of(form)
        if not is_saving(form):
            self.is_unsaved, self.language = True, turned_to(form, self.language)
            return None
        try:
            keep(self.document, self.version)
        except tuple(refusals) as refused:
            self.error = next(words(refused) for kind, words in refusals.items() if isinstance(refused, kind))
            return None
        messages.success(self.request, done)
        return redirect(f"{here}?in={self.language}" if self.has_languages else here)

    def page(self, template: str, context: Mapping[str, Any]) -> HttpResponse:
        """The template has `document`, and what `unsaved.html` shows at the head of the form."""
        shown: dict[str, Any] = {
            "document": self.document,
            "unsaved": sealed(self.request.shop, self.kind, self.name, self.document),
            "version": "" if self.version is None else self.version,
            "is_unsaved": self.is_unsaved,
            "error": self.error,
        }
        if self.has_languages:
            shown |= {"own_language": self.language, "all_languages": LANGUAGES}
        return render(self.request, template, {**shown, **context}, status=422 if self.error else 200)


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
