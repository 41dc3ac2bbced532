"""Answers a request for recommendations from what was learned, in a fixed number of queries whatever the shop's size.

Invariant: what is given can be bought now, breaks no rule of the shop, and is never what was asked about. Each thing
says why it is there; where nothing better is known it is what sells, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import Any, Literal, get_args

from sereno.modules.recommendations import heat, likeness, pairs, visits
from sereno.modules.recommendations.pairs import Neighbours
from sereno.modules.recommendations.pulling import Pulls
from sereno.modules.recommendations.reading import BOUGHT, SEEN
from sereno.modules.recommendations.rules import Rule, Thing, arrange
from sereno.modules.recommendations.visits import Visit
from sereno.store.database import Database, Transaction
from sereno.store.documents import decode
from sereno.store.fields import to_micros

Way = Literal["together", "similar", "for_you", "session", "trending", "new", "popular", "upsell", "category"]
WAYS: tuple[Way, ...] = get_args(Way)
Why = Literal[
    "together", "similar", "for_you", "session", "trending", "popular", "upsell", "pack", "category", "new", "arrived"
]
MOST = 48
ANCHORS = 10
LATEST = 5
"""Things of a visit whose other visits are looked up."""
VISITS = 60
HISTORY = 15
MESSAGE = "message"
"""The place of what is shown in a mail."""
LOOKED_AT = 300
"""Candidates of all anchors together that are weighed: each anchor brings its share."""
WARM = 150
"""What sells best is weighed beside what was learned."""
FARTHEST = 60
"""Things two steps from a visit that are weighed."""
ON_SHELF = 200
DAY = 86_400_000_000
SEEN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """`items` are what it is about: the product of the page, the cart, what the visitor looked at (the last last), by
    product, variant or SKU. `person` is a customer's key. `place` is where rules may say something of their own."""

    way: Way
    items: Sequence[str] = ()
    person: str | None = None
    category: str = ""
    limit: int = 8
    place: str = ""
    without: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Given:
    """`why` is the way that brought it; `number`: in how many of `of` baskets it was, where it is about that."""

    thing: Thing
    why: Why
    number: int = 0
    of: int = 0


@dataclass(slots=True)
class _Found:
    """Candidates of one way: what they score, and why they are there."""

    scores: dict[str, float] = field(default_factory=dict[str, float])
    whys: dict[str, tuple[Why, int, int]] = field(default_factory=dict[str, tuple[Why, int, int]])
    are_logs: bool = False


def recommend(database: Database, shop_id: int, asked: Asked, now: datetime | None = None) -> list[Given]:
    """The best things first, at most `asked.limit`."""
    at = now or datetime.now(UTC)
    with database.read() as tx:
        return _Answer(tx, shop_id, asked, at).things()


class _Answer:
    def __init__(self, tx: Transaction, shop_id: int, asked: Asked, now: datetime) -> None:
        self._tx, self._shop, self._asked = tx, shop_id, asked
        self._now = to_micros(now)
        self._day = self._now / DAY
        row = tx.one("learned_of", {"shop": shop_id})
        self._baskets, self._visits = (row[4], row[5]) if row else (0, 0)
        self._measured: Mapping[str, Mapping[str, Any]] = decode(row[6]) if row and row[6] else {}
        self._anchors = self._resolve(asked.items)
        self._without = {*self._anchors, *self._resolve(asked.without)}
        self._things: dict[str, Thing] = {}
        self._rows: dict[str, Sequence[Any]] = {}

    def things(self) -> list[Given]:
        given: list[Given] = []
        if self._asked.person and self._asked.place == MESSAGE:
            # A message offers nobody what they have.
            self._without |= set(self._history())
        limit = max(1, min(self._asked.limit, MOST))
        rules = self._rules()
        for found in self._ways():
            scores = {item: score for item, score in found.scores.items() if item not in self._without}
            self._look(scores)
            chosen = arrange(
                scores,
                self._things,
                rules,
                self._asked.place or self._asked.way,
                limit - len(given),
                are_logs=found.are_logs,
                keeps_sold_out=self._asked.way == "category",
            )
            for item in chosen:
                why, number, of = found.whys.get(item, ("popular", 0, 0))
                given.append(Given(self._things[item], why, number, of))
            self._without |= set(chosen)
            if len(given) >= limit or (given and self._asked.way == "new" and self._asked.place == MESSAGE):
                # A message that speaks of what is new shows nothing else, be it less.
                break
        return given

    def _ways(self) -> Iterable[_Found]:
        """What was asked for; then what fills the places that are left, from the closest to the plainest."""
        way = self._asked.way
        if way == "category":
            yield self._category()
            return
        if way == "upsell":
            yield self._upsell()
            return
        first = {
            "together": (self._together, self._similar),
            "similar": (self._similar, self._together),
            "for_you": (self._for_you, self._session),
            "session": (self._session, self._together),
            "trending": (self._trending,),
            "new": (self._new, self._newest),
            "popular": (),
        }[way]
        for make in first:
            yield make()
        yield self._popular()

    # --- the ways -----------------------------------------------------------------------------------

    def _together(self) -> _Found:
        if not self._anchors or not self._is_used("together"):
            return _Found()
        known, pulled = self._neighbours(self._anchors[-ANCHORS:])
        self._look({item: 0.0 for one in known.values() for item in one.together})
        pulls = Pulls({item: row[12] for item, row in self._rows.items() if row[12] is not None}, pulled)
        counts = {item: int(row[1]) for item, row in self._rows.items()}
        scores: dict[str, float] = {}
        whys: dict[str, tuple[Why, int, int]] = {}
        for item, score in pairs.with_these(known, counts, self._baskets, pulls=pulls).items():
            number, of = max((one.together.get(item, 0), one.count) for one in known.values())
            # Once may be chance, and what is in no more baskets than usual is there for itself.
            if number > 1 and number * self._baskets > of * counts.get(item, 0):
                scores[item], whys[item] = score, ("together", number, of)
        return _Found(scores, whys, are_logs=True)

    def _similar(self) -> _Found:
        found = _Found()
        rows = self._tx.all("neighbours_of", {"shop": self._shop, "items": self._anchors[-ANCHORS:]})
        for row in rows:
            for item, score in decode(row[4]):
                found.scores[item] = found.scores.get(item, 0.0) + float(score)
                found.whys[item] = ("similar", 0, 0)
        self._look(found.scores)
        for item in found.scores:
            # Of two that are as alike, the one that sells.
            if (row := self._rows.get(item)) is not None:
                found.scores[item] *= 1 + min(heat.now(row[3], self._day, heat.WARM_DAYS), 50.0) / 100
        return found

    def _for_you(self) -> _Found:
        found = _Found()
        history = self._history()
        if history and self._is_used("for_you"):
            known, _ = self._neighbours(sorted(history, key=lambda item: history[item])[:HISTORY])
            self._look({item: 0.0 for one in known.values() for item in one.together})
            counts = {item: int(row[1]) for item, row in self._rows.items()}
            found.scores = pairs.for_person(history, known, counts)
            found.whys = dict.fromkeys(found.scores, ("for_you", 0, 0))
        self._without |= set(history)
        return found

    def _session(self) -> _Found:
        if not self._anchors or not self._is_used("session"):
            return _Found()
        since = self._now - int(timedelta(days=SEEN_DAYS) / timedelta(microseconds=1))
        held: dict[tuple[Any, str], Visit] = {}
        for item in list(dict.fromkeys(reversed(self._anchors)))[:LATEST]:
            given = {"shop": self._shop, "item": item, "kind": SEEN, "limit": VISITS}
            for _kind, at, items in self._tx.all("newest_with", given):
                if at >= since:
                    held[at, items] = Visit(decode(items), at / 1e6)
        farther = self._farther()
        self._look(farther | {item: 0.0 for visit in held.values() for item in visit.items})
        seen = {item: int(row[2]) for item, row in self._rows.items()}
        scores = visits.next_of(
            self._anchors,
            held.values(),
            self._now / 1e6,
            lambda item: visits.rarity(seen.get(item, 1), max(self._visits, 1)),
            farther=farther,
        )
        return _Found(scores, dict.fromkeys(scores, ("session", 0, 0)))

    def _farther(self) -> dict[str, float]:
        """What stands beside what stands beside the things of this visit."""
        weights = visits.lately(self._anchors)
        near = visits.step(weights, self._beside(weights), visits.REACH)
        found = visits.step(near, self._beside(near))
        return dict(nlargest(FARTHEST, found.items(), key=lambda one: (one[1], one[0])))

    def _beside(self, items: Iterable[str]) -> dict[str, dict[str, float]]:
        rows = self._tx.all("beside_of", {"shop": self._shop, "items": sorted(items)})
        return {item: dict(decode(beside)) for item, beside in rows}

    def _trending(self) -> _Found:
        rows = self._tx.all("hottest", {"shop": self._shop, "limit": WARM})
        scores = {item: heat.rise(hot, warm, self._day) for item, hot, warm in rows if hot > heat.COLD}
        return _Found(scores, dict.fromkeys(scores, ("trending", 0, 0)))

    def _new(self) -> _Found:
        """What came on sale since this person last ordered or looked at something; the newest first."""
        given = {"shop": self._shop, "person": self._asked.person, "limit": 1}
        last = self._tx.one("baskets_of_person", given) if self._asked.person else None
        return self._newest(last[1] if last is not None else 0)

    def _newest(self, after: int = 0) -> _Found:
        rows = self._tx.all("newest_things", {"shop": self._shop, "now": self._now, "limit": WARM + MOST})
        scores = {item: since / DAY for item, since in rows if since > after}
        return _Found(scores, dict.fromkeys(scores, ("arrived", 0, 0)))

    def _popular(self) -> _Found:
        rows = self._tx.all("warmest", {"shop": self._shop, "limit": WARM + MOST})
        scores = dict(rows)
        whys: dict[str, tuple[Why, int, int]] = {
            item: ("popular", 0, 0) if warm > heat.COLD else ("new", 0, 0) for item, warm in rows
        }
        return _Found(scores, whys, are_logs=True)

    def _upsell(self) -> _Found:
        """Larger packs of the same, and dearer ones like it: up to half as much again and a bit."""
        found = self._similar()
        self._look(dict.fromkeys(self._anchors, 0.0))
        mine = [self._things[item] for item in self._anchors if item in self._things]
        scores: dict[str, float] = {}
        whys: dict[str, tuple[Why, int, int]] = {}
        for one in mine:
            price, size = likeness.price_of(one.price), likeness.pack_size(one.title)
            for item, score in found.scores.items():
                other = self._things.get(item)
                if other is None or other.currency != one.currency:
                    continue
                cost = likeness.price_of(other.price)
                if likeness.is_larger_pack(one.title, size, other.title, likeness.pack_size(other.title)):
                    scores[item], whys[item] = score + 10, ("pack", 0, 0)
                elif price is not None and likeness.dearer(price, [(item, cost)], "1.1", "1.8"):
                    scores[item], whys[item] = score, ("upsell", 0, 0)
        return _Found(scores, whys)

    def _category(self) -> _Found:
        """The whole category: what fits this visitor first, then by what sells; new things get their turn."""
        name = self._asked.category.strip().casefold()[:200]
        rows = self._tx.all("on_shelf", {"shop": self._shop, "name": name, "limit": ON_SHELF})
        scores = {item: heat.now(warm, self._day, heat.WARM_DAYS) for item, warm, _ in rows}
        most = max(scores.values(), default=0.0) or 1.0
        scores = {item: score / most for item, score in scores.items()}
        without, self._without = set(self._without), set()
        for found in (self._for_you(), self._session()):
            top = max(found.scores.values(), default=0.0)
            for item, score in found.scores.items():
                if item in scores and top > 0:
                    scores[item] += score / top
        self._without = without - set(self._anchors)
        best = sorted(scores, key=lambda item: -scores[item])[: 2 * MOST]
        return _Found({item: scores[item] for item in best}, dict.fromkeys(best, ("category", 0, 0)))

    # --- reading ------------------------------------------------------------------------------------

    def _is_used(self, way: str) -> bool:
        """A way that did worse than popularity on the shop's own past is not gone."""
        return bool(self._measured.get(way, {}).get("is_used", True))

    def _resolve(self, names: Sequence[str]) -> list[str]:
        """Things by product, variant or SKU, in the order given."""
        wanted = list(dict.fromkeys(str(name) for name in names if name))[-2 * ANCHORS :]
        if not wanted:
            return []
        given = {"shop": self._shop, "keys": wanted}
        found = {row[0]: row[0] for row in self._tx.all("known_things", given)}
        if len(found) < len(wanted):
            missing = {"shop": self._shop, "keys": [name for name in wanted if name not in found]}
            found |= {row[1]: row[2] for row in self._tx.all("products_of_skus", missing)}
            found |= {row[0]: row[2] for row in self._tx.all("products_of_variants", missing)}
        return list(dict.fromkeys(found[name] for name in wanted if name in found))

    def _neighbours(self, items: Sequence[str]) -> tuple[dict[str, Neighbours], dict[str, Mapping[str, float]]]:
        """What each is bought with how often; and what those that were weighed add to the chances of others."""
        rows = self._tx.all("neighbours_of", {"shop": self._shop, "items": list(items)})
        most = max(LOOKED_AT // max(len(rows), 1), 20)
        known = {row[0]: Neighbours(int(row[1]), dict(decode(row[3])[:most])) for row in rows}
        return known, {row[0]: dict(decode(row[6])) for row in rows if row[6]}

    def _history(self) -> dict[str, float]:
        """What this person had, and how many days ago."""
        if not self._asked.person:
            return {}
        given = {"shop": self._shop, "person": self._asked.person, "limit": HISTORY}
        found: dict[str, float] = {}
        for kind, at, items in self._tx.all("baskets_of_person", given):
            if kind == BOUGHT:
                for item in decode(items):
                    found.setdefault(item, (self._now - at) / DAY)
        return found

    def _rules(self) -> list[Rule]:
        rows = self._tx.all("recommendation_rules", {"shop": self._shop, "now": self._now})
        return [Rule(*row) for row in rows]

    def _look(self, items: Iterable[str]) -> None:
        """Read what is not known yet of these things: as the catalogue and the stock have them this moment."""
        missing = sorted(item for item in items if item not in self._rows)
        if not missing:
            return
        rows = self._tx.all("candidates", {"shop": self._shop, "items": missing})
        stock = self._stock(missing)
        for row in rows:
            self._rows[row[0]] = row
            self._things[row[0]] = _thing(row, stock.get(row[0], row[10]))

    def _stock(self, items: list[str]) -> dict[str, float | None]:
        """By product, all its variants together; None where it may be sold whatever is there."""
        found: dict[str, float | None] = {}
        for product, available, is_tracked, can_oversell in self._tx.all(
            "stock_of_products", {"shop": self._shop, "items": items}
        ):
            held = found.get(product, 0.0)
            is_endless = available is None or is_tracked == 0 or can_oversell or held is None
            found[product] = None if is_endless else held + max(available, 0)
        return found


def _thing(row: Sequence[Any], available: float | None) -> Thing:
    facts: Mapping[str, Any] = decode(row[5])
    return Thing(
        item=row[0],
        title=row[6] or facts.get("title") or row[0],
        # What the catalogue does not know any more cannot be shown, where there is a catalogue.
        status=row[7] if row[11] is not None or not facts else "deleted",
        price=row[8] or facts.get("price"),
        currency=row[9],
        available=available,
        url=facts.get("url"),
        image_url=facts.get("image"),
        product_type=str(facts.get("type") or ""),
        vendor=str(facts.get("vendor") or ""),
        tags=facts.get("tags") or (),
        categories=facts.get("categories") or (),
        facts=facts,
    )
