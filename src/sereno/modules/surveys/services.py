"""A shop's surveys: found, edited, opened and closed; and what was answered, counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from sereno.modules.surveys import reading
from sereno.modules.surveys.counting import Counted, count
from sereno.modules.surveys.models import ShopSurvey, SurveyAnswer
from sereno.modules.surveys.reading import Survey
from sereno.store.trail import note

COUNTED = 20_000
"""Answers a report looks at: the newest."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A survey as a shop has it. `version` is 0 for one that ships and was never touched."""

    survey: Survey
    is_open: bool
    version: int
    is_own: bool
    """Whether it has no shipped one behind it."""

    @property
    def name(self) -> str:
        return self.survey.name


class SurveyConflict(ValueError):  # noqa: N818
    """Somebody else has changed it since it was read."""


@dataclass(frozen=True, slots=True)
class Report:
    """Of the newest `COUNTED` answers since an instant; `whole` of them sent the page."""

    answers: int
    whole: int
    questions: tuple[Counted, ...]
    is_cut: bool


def find(shop_id: int, name: str) -> Kept | None:
    """The shop's edition, else the shipped one."""
    row = ShopSurvey.objects.filter(shop_id=shop_id, name=name).first()
    shipped = reading.shipped().get(name)
    if row is not None:
        return Kept(reading.read(name, row.document), row.is_open, row.version, shipped is None)
    return None if shipped is None else Kept(shipped, True, 0, False)


def surveys(shop_id: int) -> list[Kept]:
    """The shop's own and all that ship, by name."""
    rows = {row.name: row for row in ShopSurvey.objects.filter(shop_id=shop_id)}
    found = [
        Kept(reading.read(name, row.document), row.is_open, row.version, name not in reading.shipped())
        for name, row in rows.items()
    ]
    found += [Kept(one, True, 0, False) for name, one in reading.shipped().items() if name not in rows]
    return sorted(found, key=lambda one: one.name)


def numbers(shop_id: int, names: Sequence[str]) -> dict[str, int]:
    """Answers of each of these surveys that has any, counted up to `COUNTED`. One query."""
    if not names:
        return {}
    one = """SELECT CAST(%s AS text), count(*) FROM
        (SELECT 1 FROM surveys_answer WHERE shop_id = %s AND survey = %s LIMIT %s) AS held"""
    asked = [value for name in names for value in (name, shop_id, name, COUNTED)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join([one] * len(names)), asked)
        return {name: number for name, number in cursor.fetchall() if number}


def save(shop_id: int, name: str, document: Any, by: str, *, version: int | None = None) -> Kept:
    """Keep the shop's edition, or a new survey. `version` is the one it was read at: another raises SurveyConflict.
    Raises SurveyInvalid for what is no survey."""
    survey = reading.read(name, document)
    with transaction.atomic():
        row = _row(shop_id, name, by)
        if version is not None and row.version != version:
            raise SurveyConflict(f"survey {name} was changed meanwhile")
        row.document, row.version = reading.write(survey), row.version + 1
        row.changed_at, row.changed_by = datetime.now(UTC), by[:200]
        row.save()
        note(shop_id, by, "survey.saved", name, after={"version": row.version, "questions": len(survey.questions)})
    return Kept(survey, row.is_open, row.version, name not in reading.shipped())


def set_open(shop_id: int, name: str, is_open: bool, by: str) -> Kept:
    """Take answers, or take none any more: its links then say so. Raises LookupError."""
    kept = find(shop_id, name)
    if kept is None:
        raise LookupError(f"there is no survey {name!r}")
    with transaction.atomic():
        row = _row(shop_id, name, by)
        if row.is_open is not is_open:
            row.is_open, row.document = is_open, row.document or reading.write(kept.survey)
            row.changed_at, row.changed_by = datetime.now(UTC), by[:200]
            row.save()
            note(shop_id, by, "survey.opened" if is_open else "survey.closed", name)
    return Kept(kept.survey, is_open, row.version, kept.is_own)


def _row(shop_id: int, name: str, by: str) -> ShopSurvey:
    """Locked; made when it is not there yet."""
    shipped = reading.shipped().get(name)
    first: Mapping[str, Any] = reading.write(shipped) if shipped is not None else {}
    defaults = {"document": first, "version": 0, "changed_at": datetime.now(UTC), "changed_by": by[:200]}
    ShopSurvey.objects.get_or_create(shop_id=shop_id, name=name, defaults=defaults)
    return ShopSurvey.objects.select_for_update().get(shop_id=shop_id, name=name)


def answers_of(shop_id: int, name: str, since: timedelta | None = None) -> QuerySet[SurveyAnswer]:
    """The newest first."""
    found = SurveyAnswer.objects.filter(shop_id=shop_id, survey=name).order_by("-at", "-id")
    return found if since is None else found.filter(at__gte=datetime.now(UTC) - since)


def report(shop_id: int, survey: Survey, since: timedelta | None = None) -> Report:
    """What was said, by question."""
    rows = list(answers_of(shop_id, survey.name, since).values_list("answers", "is_whole")[: COUNTED + 1])
    held = rows[:COUNTED]
    questions = tuple(count(survey, (answers for answers, _whole in held)))
    return Report(len(held), sum(whole for _answers, whole in held), questions, len(rows) > COUNTED)
