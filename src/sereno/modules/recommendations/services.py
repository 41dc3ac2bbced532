"""What people and storefronts ask of recommendations: rules made and dropped, visits noted, what was shown and clicked
counted, learning begun at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

from django.db import transaction
from django.utils.translation import gettext as _

from sereno.modules.recommendations import showing
from sereno.modules.recommendations.asking import WAYS, Asked, Given, Way, recommend
from sereno.modules.recommendations.learning import keep
from sereno.modules.recommendations.models import Learned, Rule, Shown
from sereno.modules.recommendations.reading import LONGEST, SEEN, Held
from sereno.modules.recommendations.rules import By, Does
from sereno.modules.recommendations.showing import arm_of
from sereno.store.database import Database, default_database
from sereno.store.documents import decode
from sereno.store.fields import storable, to_micros
from sereno.store.trail import note

SHOWN_DAYS = 30
DAY = 86_400_000_000
PLACES = ("", "product", "cart", "home", "category", "message")


def make_rule(shop_id: int, does: str, by: str, value: str, who: str, *, place: str = "", factor: float = 1.0) -> Rule:
    """Raises ValueError with what is wrong."""
    value = storable(" ".join(value.split()))[:200]
    if does not in get_args(Does) or by not in get_args(By) or place not in (*PLACES, *WAYS):
        raise ValueError(_("Choose what the rule does, and what it is about."))
    if not value:
        raise ValueError(_("Say which product, tag, category, brand or type the rule is about."))
    if not 0.01 <= factor <= 100:
        raise ValueError(_("A boost is between 0.01 and 100; below 1 it shows things later."))
    with transaction.atomic():
        made = Rule.objects.create(
            shop_id=shop_id,
            does=does,
            by=by,
            value=value,
            place=place,
            factor=factor if does == "boost" else 1.0,
            created_by=who[:200],
            created_at=datetime.now(UTC),
        )
        note(shop_id, who, "recommendations.rule_made", f"{by}:{value}", after={"does": does, "place": place})
    return made


def drop_rule(shop_id: int, id: int, who: str) -> Rule:
    """Gives the rule as it was, so that it can be made again. Raises Rule.DoesNotExist."""
    with transaction.atomic():
        rule = Rule.objects.select_for_update().get(shop_id=shop_id, pk=id)
        Rule.objects.filter(pk=rule.pk).delete()
        note(shop_id, who, "recommendations.rule_dropped", f"{rule.by}:{rule.value}", before={"does": rule.does})
    return rule


def learn_now(shop_id: int, who: str, database: Database | None = None) -> None:
    """Whoever looks after it begins within seconds, and measures anew."""
    with (database or default_database()).transaction() as tx:
        tx.run("ask_learning", {"shop": shop_id, "now": to_micros(datetime.now(UTC))})
    note(shop_id, who, "recommendations.learning_asked", "")


def asked_of(values: Mapping[str, Any], person: str | None = None) -> Asked:
    """From what a program sent. Raises ValueError with what is wrong."""
    way = str(values.get("way") or "popular")
    if way not in WAYS:
        raise ValueError(f"`way` is one of {', '.join(WAYS)}, not {way[:40]!r}")
    limit = values.get("limit", 8)
    if not isinstance(limit, int) or isinstance(limit, bool) or not 1 <= limit <= 48:
        raise ValueError("`limit` is a whole number from 1 to 48")
    return Asked(
        way=_way(way),
        items=_texts(values.get("items"), "items"),
        person=storable(person)[:200] if person else None,
        category=storable(str(values.get("category") or ""))[:200],
        limit=limit,
        place=str(values.get("place") or "")[:12],
        without=_texts(values.get("without"), "without"),
    )


def show(database: Database, shop_id: int, asked: Asked, visit: str, now: datetime | None = None) -> list[Given]:
    """For a storefront: some visits are shown what sells best, and both are counted."""
    arm = arm_of(visit)
    if arm == "popular" and asked.way not in ("category", "trending", "new", "popular"):
        asked = Asked("popular", asked.items, None, "", asked.limit, asked.place, asked.without)
    found = recommend(database, shop_id, asked, now)
    if visit and found:
        _count(database, shop_id, asked.place or asked.way, visit, now or datetime.now(UTC), shown=1)
    return found


def clicked(database: Database, shop_id: int, place: str, visit: str, now: datetime | None = None) -> None:
    _count(database, shop_id, place, visit, now or datetime.now(UTC), clicked=1)


def looked_at(database: Database, shop_id: int, visit: str, items: Sequence[str], now: datetime | None = None) -> None:
    """Note what a visit of the storefront looked at; `visit` is a name the browser drew by chance, and no person's."""
    key, at = f"visit:{storable(visit)[:100]}", to_micros(now or datetime.now(UTC))
    with database.transaction() as tx:
        rows = tx.all("baskets_by_key", {"shop": shop_id, "keys": [key]})
        known = {row[0] for row in tx.all("known_things", {"shop": shop_id, "keys": list(items)})}
        before = [] if not rows else [item for item in decode(rows[0][5]) if item not in known]
        held = (*before, *(item for item in dict.fromkeys(items) if item in known))[-LONGEST:]
        if held and known:
            keep(tx, shop_id, [Held(key, SEEN, None, at, held)])


def named(given: Sequence[Given]) -> list[Given]:
    """What people can be shown: a thing that only orders speak of, and no catalogue, has an id for a name."""
    return [one for one in given if one.thing.title != one.thing.item]


def told(given: Sequence[Given]) -> list[dict[str, Any]]:
    """As programs are told: what a card needs, and why it is there."""
    return [
        {
            "id": one.thing.item,
            "title": one.thing.title,
            "price": one.thing.price,
            "currency": one.thing.currency,
            "url": _web(one.thing.url),
            "image_url": _web(one.thing.image_url),
            "why": one.why,
            "number": one.number,
            "of": one.of,
        }
        for one in given
    ]


def quality(shop_id: int) -> dict[str, Any]:
    """How well each way did on the shop's own past, and what became of what was shown in the last 30 days, and of the
    visits that saw it."""
    row = Learned.objects.filter(shop_id=shop_id).first()
    now = datetime.now(UTC)
    since = to_micros(now) // DAY - SHOWN_DAYS
    arms: dict[str, list[int]] = {"ours": [0, 0], "popular": [0, 0]}
    for arm, shown, hits in Shown.objects.filter(shop_id=shop_id, day__gte=since).values_list(
        "arm", "shown", "clicked"
    ):
        arms[arm][0] += shown
        arms[arm][1] += hits
    return {
        "learned_at": row.learned_at if row else None,
        "baskets": row.baskets if row else 0,
        "visits": row.visits if row else 0,
        "measured": row.measured if row else {},
        "shown": {arm: {"shown": shown, "clicked": hits} for arm, (shown, hits) in arms.items()},
        "became": showing.report(default_database(), shop_id, now - timedelta(days=SHOWN_DAYS)),
    }


def _count(
    database: Database, shop_id: int, place: str, visit: str, now: datetime, *, shown: int = 0, clicked: int = 0
) -> None:
    day = to_micros(now) // DAY
    given = {"shop": shop_id, "day": day, "place": place[:12], "arm": arm_of(visit), "shown": shown, "clicked": clicked}
    with database.transaction() as tx:
        tx.run("add_shown", given)
        if shown:
            showing.shown(tx, shop_id, visit, now)
        else:
            showing.clicked(tx, shop_id, visit)


def _way(text: str) -> Way:
    return next(way for way in WAYS if way == text)


def _texts(value: object, name: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > 100 or not all(isinstance(one, str | int) for one in value):
        raise ValueError(f"`{name}` is a list of at most 100 ids or SKUs")
    return tuple(storable(str(one))[:200] for one in value)


def _web(address: str | None) -> str | None:
    return address if address and address.startswith(("https://", "http://", "/")) else None
