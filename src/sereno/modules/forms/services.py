"""A shop's forms: found, edited, opened and closed; how each did; and what a storefront is told of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum

from sereno.modules.forms import reading
from sereno.modules.forms.counting import Compared, Rate, compare
from sereno.modules.forms.models import FormCount, FormSubmission, Lead, ShopForm
from sereno.modules.forms.reading import Form
from sereno.store.trail import note

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Kept:
    """A form as a shop has it."""

    form: Form
    is_open: bool
    version: int
    compared_since: datetime | None

    @property
    def name(self) -> str:
        return self.form.name


class FormConflict(ValueError):  # noqa: N818
    """Somebody else has changed it since it was read."""


@dataclass(frozen=True, slots=True)
class Report:
    """`days`: (day since 1970, views, submits), oldest first, with none left out that had any. `compared` while two
    variants are held against each other."""

    rate: Rate
    days: tuple[tuple[int, int, int], ...]
    compared: Compared | None


def find(shop_id: int, name: str) -> Kept | None:
    row = ShopForm.objects.filter(shop_id=shop_id, name=name).first()
    return None if row is None else _kept(row)


def forms(shop_id: int) -> list[Kept]:
    return [_kept(row) for row in ShopForm.objects.filter(shop_id=shop_id).order_by("name")]


def save(shop_id: int, name: str, document: Any, by: str, *, version: int | None = None) -> Kept:
    """Keep a form, or make one, which is not shown yet. `version` is the one it was read at: another raises
    FormConflict. Raises FormInvalid for what is no form."""
    form = reading.read(name, document)
    with transaction.atomic():
        row = _row(shop_id, name, by)
        if version is not None and row.version != version:
            raise FormConflict(f"form {name} was changed meanwhile")
        before = reading.read(name, row.document) if row.version else None
        if form.other is None:
            row.compared_since = None
        elif before is None or before.other != form.other or before.texts != form.texts:
            # Other words are another comparison.
            row.compared_since = datetime.now(UTC)
        row.document, row.version = reading.write(form), row.version + 1
        _sign(row, by)
        note(shop_id, by, "form.saved", name, after={"version": row.version, "fields": len(form.fields)})
    return _kept(row)


def set_open(shop_id: int, name: str, is_open: bool, by: str) -> Kept:
    """Show it in storefronts, or no more. Raises LookupError."""
    with transaction.atomic():
        row = _locked(shop_id, name)
        if row.is_open is not is_open:
            row.is_open = is_open
            _sign(row, by)
            note(shop_id, by, "form.opened" if is_open else "form.closed", name)
    return _kept(row)


def settle(shop_id: int, name: str, variant: str, by: str) -> Kept:
    """End the comparison: the texts of this variant are the form's from now on. Raises LookupError."""
    with transaction.atomic():
        row = _locked(shop_id, name)
        form = reading.read(name, row.document)
        if form.other is not None:
            texts = {key: dict(words) for key, words in form.texts_of(variant).items() if words}
            document = {**reading.write(form), "texts": texts}
            document.pop("other")
            row.document, row.version, row.compared_since = document, row.version + 1, None
            _sign(row, by)
            note(shop_id, by, "form.settled", name, after={"variant": variant})
    return _kept(row)


def _sign(row: ShopForm, by: str) -> None:
    row.changed_at, row.changed_by = datetime.now(UTC), by[:200]
    row.save()


def _locked(shop_id: int, name: str) -> ShopForm:
    row = ShopForm.objects.select_for_update().filter(shop_id=shop_id, name=name).first()
    if row is None:
        raise LookupError(f"there is no form {name!r}")
    return row


def _row(shop_id: int, name: str, by: str) -> ShopForm:
    """Locked; made when it is not there yet."""
    defaults = {"document": {}, "version": 0, "changed_at": datetime.now(UTC), "changed_by": by[:200]}
    ShopForm.objects.get_or_create(shop_id=shop_id, name=name, defaults=defaults)
    return _locked(shop_id, name)


def _kept(row: ShopForm) -> Kept:
    return Kept(reading.read(row.name, row.document), row.is_open, row.version, row.compared_since)


# --- how they do ------------------------------------------------------------------------------------


def rates(shop_id: int, since: timedelta | None = None) -> dict[str, Rate]:
    """Of each form that was shown. One query."""
    rows = _counts(shop_id, since).values("form").annotate(views=Sum("views"), submits=Sum("submits"))
    return {row["form"]: Rate(row["views"], row["submits"]) for row in rows}


def report(shop_id: int, kept: Kept, since: timedelta | None = None) -> Report:
    """How the form did by day, and its variants since they are compared."""
    rows = list(_counts(shop_id, since).filter(form=kept.name).values_list("day", "views", "submits"))
    days: dict[int, tuple[int, int]] = {}
    for day, views, submits in rows:
        held = days.get(day, (0, 0))
        days[day] = (held[0] + views, held[1] + submits)
    total = Rate(sum(one[0] for one in days.values()), sum(one[1] for one in days.values()))
    compared = None
    if kept.compared_since is not None:
        arms = (
            FormCount.objects.filter(shop_id=shop_id, form=kept.name, day__gte=_day(kept.compared_since))
            .exclude(variant="")
            .values("variant")
            .annotate(views=Sum("views"), submits=Sum("submits"))
        )
        found = {row["variant"]: Rate(row["views"], row["submits"]) for row in arms}
        compared = compare(found.get("a", Rate(0, 0)), found.get("b", Rate(0, 0)))
    return Report(total, tuple((day, *days[day]) for day in sorted(days)), compared)


def submissions(shop_id: int, name: str = "") -> QuerySet[FormSubmission]:
    """The newest first."""
    found = FormSubmission.objects.filter(shop_id=shop_id)
    return (found.filter(form=name) if name else found).order_by("-id")


def leads(shop_id: int, stage: str) -> QuerySet[Lead]:
    """Of one stage, those with most points first."""
    return Lead.objects.filter(shop_id=shop_id, stage=stage).order_by("-points", "id")


def _counts(shop_id: int, since: timedelta | None) -> QuerySet[FormCount]:
    found = FormCount.objects.filter(shop_id=shop_id)
    return found if since is None else found.filter(day__gte=_day(datetime.now(UTC) - since))


def _day(at: datetime) -> int:
    return at.toordinal() - datetime(1970, 1, 1, tzinfo=UTC).toordinal()


# --- what a storefront is told ----------------------------------------------------------------------


def served(shop_id: int, locale: str) -> tuple[bytes, str]:
    """All open forms as the storefront's script reads them, and their tag."""
    document = {"locale": locale[:2], "forms": [reading.shown(one.form) for one in forms(shop_id) if one.is_open]}
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return text, f'"{hashlib.sha256(text).hexdigest()[:16]}"'
