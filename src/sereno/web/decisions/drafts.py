"""The draft of the decisions as pages change it: a copy, one change, kept; and what of it is said in words."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.engine.decisions.document import DecisionsInvalid
from sereno.runtime.decisions import keeping
from sereno.web.access import StaffRequest
from sereno.web.phrases import said

DOINGS = {
    "hide": mark("Hide"),
    "only": mark("Show only"),
    "first": mark("Put first"),
    "last": mark("Put last"),
    "rename": mark("Call it"),
}
KINDS = {"payment": mark("Payment"), "delivery": mark("Delivery")}
METRICS = {"orders": mark("Orders per visitor"), "revenue": mark("Revenue per visitor")}
THEN = {"use": mark("give the winner to everybody"), "tell": mark("only say so")}
Document = dict[str, Any]


def draft_of(request: StaffRequest) -> keeping.Kept:
    return keeping.read_kept(request.shop.pk)


def change(request: StaffRequest, edit: Callable[[Document], None], done: str) -> bool:
    """Change the draft and say so; what cannot be is said instead."""
    held = draft_of(request)
    document: Document = copy.deepcopy(dict(held.draft))
    for key in ("options", "rules", "variants"):
        document.setdefault(key, [])
    try:
        edit(document)
        keeping.keep_draft(request.shop.pk, document, request.user.username, expected=held.revision)
    except DecisionsInvalid as invalid:
        messages.error(request, " ".join(flaws_said(invalid).values()))
        return False
    except (ValueError, LookupError):
        messages.error(request, _("Somebody else has changed this in the meantime. Look again."))
        return False
    if done:
        messages.success(request, done)
    return True


def flaws_said(invalid: DecisionsInvalid) -> dict[str, str]:
    """In the reader's language, by the last part of its place."""
    return {
        next((str(part) for part in reversed(flaw.where) if isinstance(part, str)), ""): said(flaw.message)
        for flaw in invalid.flaws
    }


def find(document: Document, key: str, id_: str) -> Document | None:
    return next((one for one in document.get(key) or [] if one.get("id") == id_), None)


def fresh_id(document: Document, key: str, word: str) -> str:
    """`rule-3`: a name nobody has to think of; the storefront reads it, so it says nothing."""
    taken = {str(one.get("id")) for one in document.get(key) or []}
    numbers = [int(found[1]) for id_ in taken if (found := re.fullmatch(rf"{word}-(\d{{1,6}})", id_))]
    return f"{word}-{max(numbers, default=0) + 1}"
