"""Campaigns of the site as people keep them, and where they are shown. Every change writes a line in the audit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction

from sereno.modules.content.models import Campaign as Row
from sereno.modules.content.models import Due, Showing
from sereno.sdk.content import Campaign, read_campaign, write_campaign
from sereno.store.trail import note

MOST_CAMPAIGNS, SHOWN = 200, 50


@dataclass(frozen=True, slots=True)
class Kept:
    """A campaign as a shop has it."""

    campaign: Campaign
    is_on: bool
    version: int

    @property
    def name(self) -> str:
        return self.campaign.name

    def state(self, at: datetime) -> str:
        """`draft on planned over`: by the switch and the dates; `asked` for one that waits to be asked for."""
        one = self.campaign
        if not self.is_on:
            return "draft"
        if one.ends_at is not None and one.ends_at <= at:
            return "over"
        if one.starts_at is not None and at < one.starts_at:
            return "planned"
        return "asked" if one.is_asked else "on"


class CampaignConflict(ValueError):  # noqa: N818
    """Somebody else has changed it since it was read."""


def campaigns(shop_id: int) -> list[Kept]:
    """By priority, the highest first."""
    found = [_kept(row) for row in Row.objects.filter(shop_id=shop_id).order_by("name")[:MOST_CAMPAIGNS]]
    return sorted(found, key=lambda one: -one.campaign.priority)


def find(shop_id: int, name: str) -> Kept | None:
    row = Row.objects.filter(shop_id=shop_id, name=name).first()
    return None if row is None else _kept(row)


def save(shop_id: int, name: str, document: Any, by: str, *, version: int | None = None) -> Kept:
    """Keep a campaign, or a new one, which is off. `version` is the one it was read at: another raises
    CampaignConflict. Raises CampaignInvalid, and ValueError for one too many."""
    campaign = read_campaign(name, document)
    with transaction.atomic():
        row = Row.objects.select_for_update().filter(shop_id=shop_id, name=name).first()
        if (row.version if row is not None else None) != version and version is not None:
            raise CampaignConflict(f"campaign {name} was changed meanwhile")
        if row is None:
            if Row.objects.filter(shop_id=shop_id).count() >= MOST_CAMPAIGNS:
                raise ValueError(f"there are {MOST_CAMPAIGNS} campaigns already: remove some first")
            row = Row(shop_id=shop_id, name=name, version=0)
        writings = (*read_campaign(name, row.document).writings, *campaign.writings) if row.pk else campaign.writings
        row.document, row.version = write_campaign(campaign), row.version + 1
        row.starts_at, row.ends_at = campaign.starts_at, campaign.ends_at
        _stamp(row, by)
        if writings:
            _due(shop_id, campaign.starts_at, campaign.ends_at)
        note(shop_id, by, "content.saved", name, after={"version": row.version, "pieces": len(campaign.pieces)})
    return _kept(row)


def switch(shop_id: int, name: str, is_on: bool, by: str) -> Kept:
    """Have it shown by its dates and flows, or nowhere. Raises LookupError."""
    with transaction.atomic():
        row = _locked(shop_id, name)
        if row.is_on is not is_on:
            row.is_on, row.version = is_on, row.version + 1
            _stamp(row, by)
            if (campaign := read_campaign(name, row.document)).writings:
                _due(shop_id, campaign.starts_at, campaign.ends_at)
            note(shop_id, by, "content.switched_on" if is_on else "content.switched_off", name)
    return _kept(row)


def remove(shop_id: int, name: str, by: str) -> dict[str, Any]:
    """Gives its document, by which `save` brings it back. Raises LookupError."""
    with transaction.atomic():
        row = _locked(shop_id, name)
        document = row.document
        if document.get("writings"):
            _due(shop_id)
        Showing.objects.filter(shop_id=shop_id, campaign=name).delete()
        row.delete()
        note(shop_id, by, "content.removed", name)
    return document


def show(
    shop_id: int, name: str, by: str, *, product: str = "", customer: str = "", lasting: timedelta | None = None
) -> None:
    """Show a campaign that is asked for by hand, whatever flows say of the same place. Raises LookupError."""
    now = datetime.now(UTC)
    with transaction.atomic():
        row = _locked(shop_id, name)
        place = {"shop_id": shop_id, "campaign": row.name, "product": product[:200], "customer": customer[:200]}
        until = now + lasting if lasting else None
        held = {"until": until, "is_by_hand": True, "by": by[:200], "since": now}
        Showing.objects.update_or_create(**place, defaults=held)
        if row.document.get("writings"):
            _due(shop_id, until)
        note(shop_id, by, "content.shown", name, after={"product": product, "customer": customer})


def hide(shop_id: int, name: str, id: int, by: str) -> bool:
    """Take one showing back, whoever asked for it. False where it is gone already."""
    with transaction.atomic():
        count, _kinds = Showing.objects.filter(shop_id=shop_id, campaign=name, pk=id).delete()
        if count:
            _due(shop_id)
            note(shop_id, by, "content.hidden", name)
    return bool(count)


def shown(shop_id: int, name: str, at: datetime) -> list[Showing]:
    """Where it is shown now, the newest first."""
    rows = Showing.objects.filter(shop_id=shop_id, campaign=name).order_by("-since")[: SHOWN * 2]
    return [row for row in rows if row.until is None or row.until > at][:SHOWN]


def counts(shop_id: int, names: Iterable[str]) -> dict[str, int]:
    """At how many places each is shown, as far as anybody asked; up to `SHOWN` of each are counted."""
    from django.db import connection

    asked = list(names)
    if not asked:
        return {}
    one = """SELECT CAST(%s AS text), count(*) FROM
        (SELECT 1 FROM content_showing WHERE shop_id = %s AND campaign = %s LIMIT %s) AS held"""
    with connection.cursor() as cursor:
        values = [value for name in asked for value in (name, shop_id, name, SHOWN)]
        cursor.execute(" UNION ALL ".join([one] * len(asked)), values)
        return {name: number for name, number in cursor.fetchall() if number}


def _due(shop_id: int, *instants: datetime | None) -> None:
    """What the stores' sites say is looked at now, and then. In the transaction of the change: none is missed."""
    now = datetime.now(UTC)
    then = [one for one in instants if one is not None and one > now]
    Due.objects.bulk_create(Due(shop_id=shop_id, at=at) for at in (now, *then))


def _locked(shop_id: int, name: str) -> Row:
    row = Row.objects.select_for_update().filter(shop_id=shop_id, name=name).first()
    if row is None:
        raise LookupError(f"there is no campaign {name!r}")
    return row


def _stamp(row: Row, by: str) -> None:
    row.changed_at, row.changed_by = datetime.now(UTC), by[:200]
    row.save()


def _kept(row: Row) -> Kept:
    return Kept(read_campaign(row.name, row.document), row.is_on, row.version)
