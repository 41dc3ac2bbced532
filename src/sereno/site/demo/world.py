"""The invented store: people come, fill carts, buy or leave, parcels travel, shelves empty and fill again.

Invariant: nothing here reads a clock. Steps wait in a queue by their due instant; whoever drives the world (the
history's maker by a virtual clock, the simulator by the real one) says what time it is. The same seed, the same year.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sereno.engine.control import Control, is_held_out
from sereno.site.demo import catalogue, season
from sereno.site.demo.catalogue import BY_SKU, ITEMS, Channel
from sereno.site.demo.people import Person, invent
from sereno.site.demo.shapes import Hook, shapes_of

CHANNELS: tuple[Channel, ...] = ("shopify", "woocommerce", "vendure")
_SHARE = (80, 12, 8)
_LANGUAGES: dict[str, tuple[str, ...] | None] = {"shopify": None, "woocommerce": ("es",), "vendure": ("es",)}
_SOURCES = (
    ("", "", "", 46),
    ("google", "cpc", "marca", 14),
    ("instagram", "social", "mesa-de-verano", 16),
    ("newsletter", "email", "novedades", 12),
    ("pinterest", "social", "cocina", 7),
    ("idealo", "comparison", "aceite", 5),
)
CARTS = ("cart-recovery", 20)
"""The flow that reminds people of their carts, and the per cent it passes by."""
AGAIN, NOT_ASKED = "second-order", 25
"""The flow that asks people to come again, and the per cent it passes by; those come again half as often."""
REMINDED, UNREMINDED = 0.4, 0.15
"""Of those who leave a cart at the checkout, the share that comes back for it, with reminders and without."""
SUBSCRIBERS, COME_TO_BUY = (52, 36, 12), 0.3
"""How many days of a hundred bring none, one or two who only want news; and the share of them that buys in the end."""
MOST_PAST = 500
"""Orders that are over and can still be looked up."""


@dataclass(order=True, slots=True)
class Step:
    """Something due: `what` is a method of the world without its underscore, `args` its arguments."""

    due: datetime
    number: int
    what: str
    args: tuple[Any, ...]


class World:
    """The store's whole state. `stock` is by SKU; `orders` and `carts` hold the open ones, `past` the last orders that
    are over; `notes` what was written about other records, by their id; `counted` when stock was told of, by SKU."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - believable, not secret
        self.steps: list[Step] = []
        self.counter = 0
        self.last_order = 1000
        self.people: dict[int, Person] = {}
        self.pools: dict[str, list[int]] = {channel: [] for channel in CHANNELS}
        self.carts: dict[str, dict[str, Any]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.stock = {item.sku: item.stock for item in ITEMS}
        self.restocking: set[str] = set()
        self.past: dict[str, dict[str, Any]] = {}
        self.notes: dict[str, dict[str, Any]] = {}
        self.counted: dict[str, str] = {}

    # --- driving ------------------------------------------------------------------------------

    def plan(self, due: datetime, what: str, *args: Any) -> None:
        self.counter += 1
        heapq.heappush(self.steps, Step(due, self.counter, what, args))

    def after(self, at: datetime, what: str, *args: Any, **delay: float) -> None:
        """Plan a step a random while from now: `minutes=(2, 6)` or `hours=(5, 40)`."""
        ((unit, (least, most)),) = delay.items()  # type: ignore[misc]
        self.plan(at + timedelta(**{unit: self.chance.uniform(least, most)}), what, *args)

    def due(self) -> datetime | None:
        return self.steps[0].due if self.steps else None

    def advance(self, at: datetime | None = None) -> list[Hook]:
        """Take the next step, at its own instant or at `at`, and give the webhooks it makes the store send."""
        step = heapq.heappop(self.steps)
        action: Callable[..., list[Hook]] = getattr(self, f"_{step.what}")
        return action(at or step.due, *step.args)

    def next_number(self) -> int:
        self.counter += 1
        return self.counter

    # --- opening ------------------------------------------------------------------------------

    def open(self, at: datetime) -> None:
        """The shop puts its goods on the shelves."""
        for channel in CHANNELS:
            for title in catalogue.products(channel):
                self.plan(at, "list_product", channel, title)
        for item in ITEMS:
            self.plan(at + timedelta(minutes=2), "count", item.sku)

    def open_day(self, at: datetime, growth: float) -> None:
        """Plan the visits of the local day that begins at `at`, and the odd other thing."""
        for instant in season.visits(self.chance, at.astimezone(season.ZONE).date(), growth):
            self.plan(instant, "visit")
        for _ in range(self.chance.choices((0, 1, 2), SUBSCRIBERS)[0]):
            self.after(at, "subscribe", hours=(8, 22))
        if self.chance.random() < 0.09:
            self.after(at, "withdraw", hours=(8, 20))
        if self.chance.random() < 0.04:
            self.after(at, "reprice", hours=(8, 10))

    def _list_product(self, at: datetime, channel: Channel, title: str) -> list[Hook]:
        return shapes_of(channel).product(self, catalogue.products(channel)[title], at, is_new=True)

    def _count(self, at: datetime, sku: str) -> list[Hook]:
        return shapes_of(BY_SKU[sku].channel).stock(self, BY_SKU[sku], at)

    def _reprice(self, at: datetime) -> list[Hook]:
        channel = self.chance.choices(CHANNELS, _SHARE)[0]
        items = self.chance.choice(list(catalogue.products(channel).values()))
        return shapes_of(channel).product(self, items, at, is_new=False)

    def _withdraw(self, at: datetime) -> list[Hook]:
        """Somebody unsubscribes in the shop."""
        known = [self.people[number] for number in self.pools["shopify"] if self.people[number].accepts]
        if not known:
            return []
        person = self.chance.choice(known)
        person.accepts = False
        return shapes_of("shopify").consent(person, at)

    def _subscribe(self, at: datetime) -> list[Hook]:
        """Somebody wants the shop's news before buying anything; some come back for a first order."""
        person = self._stranger("shopify")
        person.accepts = person.is_known = True
        person.created = at.isoformat()
        self.pools["shopify"].append(person.number)
        if self.chance.random() < COME_TO_BUY:
            self.after(at, "visit", person.number, hours=(20, 300))
        return shapes_of("shopify").customer(person, at)

    # --- a visit ------------------------------------------------------------------------------

    def _visit(self, at: datetime, subscriber: int | None = None) -> list[Hook]:
        channel = self.chance.choices(CHANNELS, _SHARE)[0] if subscriber is None else "shopify"
        person = self._somebody(channel) if subscriber is None else self.people[subscriber]
        *words, _ = self.chance.choices(_SOURCES, [source[3] for source in _SOURCES])[0]
        token = f"{self.chance.getrandbits(128):032x}"
        cart: dict[str, Any] = {
            "token": token,
            "channel": channel,
            "person": person.number,
            "items": {},
            "source": words,
            "created": at.isoformat(),
            "checkout": None,
        }
        self.carts[token] = cart
        self._pick(cart)
        if channel != "shopify":
            # These storefronts tell nothing before the order.
            for _ in range(self.chance.choice((0, 1, 1, 2))):
                self._pick(cart)
            self.after(at, "pay" if self.chance.random() < 0.55 else "forget", token, minutes=(4, 15))
            return []
        if self.chance.random() < 0.55:
            self.after(at, "fill", token, minutes=(0.5, 4))
        self.after(at, "till" if self.chance.random() < 0.6 else "forget", token, minutes=(4, 10))
        return shapes_of(channel).cart(self, cart, at, is_new=True)

    def _fill(self, at: datetime, token: str) -> list[Hook]:
        cart = self.carts.get(token)
        if cart is None or cart["checkout"]:
            return []
        self._pick(cart)
        if self.chance.random() < 0.35:
            self.after(at, "fill", token, minutes=(0.5, 3))
        return shapes_of(cart["channel"]).cart(self, cart, at, is_new=False)

    def _till(self, at: datetime, token: str) -> list[Hook]:
        cart = self.carts[token]
        cart["checkout"] = self.next_number()
        self.after(at, "address", token, minutes=(0.5, 1.5))
        roll = self.chance.random()
        if roll < 0.7:
            self.after(at, "pay", token, minutes=(2, 6))
        elif roll < 0.7 + 0.3 * (UNREMINDED if _is_held_out(*CARTS, self.people[cart["person"]]) else REMINDED):
            # Left, and came back later: by itself, or by a reminder.
            self.after(at, "pay", token, hours=(5, 40))
        else:
            self.after(at, "forget", token, hours=(70, 80))
        return shapes_of(cart["channel"]).checkout(self, cart, at, is_new=True)

    def _address(self, at: datetime, token: str) -> list[Hook]:
        cart = self.carts.get(token)
        return shapes_of(cart["channel"]).checkout(self, cart, at, is_new=False) if cart else []

    def _forget(self, at: datetime, token: str) -> list[Hook]:
        self.carts.pop(token, None)
        return []

    def _somebody(self, channel: Channel) -> Person:
        pool = self.pools[channel]
        if pool and self.chance.random() < 0.42:
            # Some come again and again: the square favours the early ones.
            person = self.people[pool[int(len(pool) * self.chance.random() ** 2)]]
            if not (self.chance.random() < 0.5 and _is_held_out(AGAIN, NOT_ASKED, person)):
                return person
        return self._stranger(channel)

    def _stranger(self, channel: Channel) -> Person:
        person = invent(self.chance, len(self.people) + 1, _LANGUAGES[channel])
        self.people[person.number] = person
        return person

    def _pick(self, cart: dict[str, Any]) -> None:
        shelf = [item for item in ITEMS if item.channel == cart["channel"]]
        item = self.chance.choices(shelf, [item.weight for item in shelf])[0]
        pieces = self.chance.choices((1, 2, 3, 4), (72, 18, 6, 4))[0]
        cart["items"][item.sku] = cart["items"].get(item.sku, 0) + pieces

    # --- an order -----------------------------------------------------------------------------

    def _pay(self, at: datetime, token: str) -> list[Hook]:
        cart = self.carts.pop(token, None)
        if cart is None:
            return []
        available = {sku: min(count, self.stock[sku]) for sku, count in cart["items"].items() if self.stock[sku] > 0}
        if not available:
            return []
        shape, person = shapes_of(cart["channel"]), self.people[cart["person"]]
        hooks: list[Hook] = []
        if not person.is_known:
            person.is_known, person.created = True, at.isoformat()
            self.pools[cart["channel"]].append(person.number)
            hooks += shape.customer(person, at)
        order = self._order(cart, available, at)
        self.orders[str(order["number"])] = order
        person.orders += 1
        person.spent += order["total"]
        hooks += shape.placed(self, order, at)
        for sku, count in available.items():
            hooks += self._take(at, sku, count)
        key = str(order["number"])
        if not order["is_paid"]:
            self.after(at, "settle", key, hours=(6, 40))
        elif self.chance.random() < 0.025:
            self.after(at, "cancel", key, hours=(0.3, 3))
        else:
            self.plan(season.next_packing(self.chance, at), "pack", key)
        return hooks

    def _order(self, cart: dict[str, Any], items: dict[str, int], at: datetime) -> dict[str, Any]:
        goods = sum(BY_SKU[sku].price * count for sku, count in items.items())
        discount = round(goods * 0.1) if cart["source"][0] == "newsletter" else 0
        shipping = 0 if goods - discount >= 6000 else 495
        self.last_order += 1
        return {
            "number": self.last_order,
            "channel": cart["channel"],
            "person": cart["person"],
            "cart": cart["token"],
            "checkout": cart["checkout"],
            "items": items,
            "source": cart["source"],
            "discount": discount,
            "shipping": shipping,
            "total": goods - discount + shipping,
            "placed": at.isoformat(),
            "paid": None,
            "is_paid": self.chance.random() > 0.07,
            "cancelled": None,
            "parcel": None,
            "refund": None,
        }

    def _take(self, at: datetime, sku: str, count: int) -> list[Hook]:
        item = BY_SKU[sku]
        self.stock[sku] = max(0, self.stock[sku] - count)
        if self.stock[sku] <= max(3, item.stock // 5) and sku not in self.restocking:
            self.restocking.add(sku)
            self.after(at, "restock", sku, days=(1.5, 7))
        return shapes_of(item.channel).stock(self, item, at)

    def _restock(self, at: datetime, sku: str) -> list[Hook]:
        self.restocking.discard(sku)
        self.stock[sku] = BY_SKU[sku].stock
        return shapes_of(BY_SKU[sku].channel).stock(self, BY_SKU[sku], at)

    def _settle(self, at: datetime, key: str) -> list[Hook]:
        """The bank transfer arrived, or never will."""
        order = self.orders[key]
        if self.chance.random() < 0.15:
            return self._cancel(at, key)
        order["is_paid"] = True
        self.plan(season.next_packing(self.chance, at), "pack", key)
        return shapes_of(order["channel"]).paid(self, order, at)

    def _cancel(self, at: datetime, key: str) -> list[Hook]:
        order = self._close(key)
        order["cancelled"] = at.isoformat()
        hooks = shapes_of(order["channel"]).cancelled(self, order, at)
        for sku, count in order["items"].items():
            self.stock[sku] += count
            hooks += shapes_of(order["channel"]).stock(self, BY_SKU[sku], at)
        return hooks

    # --- what staff of the store see and do ---------------------------------------------------

    def find_order(self, key: str) -> dict[str, Any] | None:
        return self.orders.get(key) or self.past.get(key)

    def kept(self, id: str) -> dict[str, Any]:
        """What was written about a record that the world itself has no place for."""
        return self.notes.setdefault(id, {})

    def cancel_now(self, key: str, at: datetime) -> list[Hook]:
        """Gives nothing for an order that is over."""
        return self._cancel(at, key) if key in self.orders else []

    def _close(self, key: str) -> dict[str, Any]:
        order = self.past[key] = self.orders.pop(key)
        while len(self.past) > MOST_PAST:
            del self.past[next(iter(self.past))]
        return order

    # --- a parcel -----------------------------------------------------------------------------

    def _pack(self, at: datetime, key: str) -> list[Hook]:
        order = self.orders[key]
        if order.get("held"):
            self.after(at, "pack", key, minutes=(20, 60))
            return []
        order["parcel"] = {
            "number": self.next_number(),
            "code": f"CZ{self.chance.randrange(10**9):09}ES",
            "state": "label",
            "packed": at.isoformat(),
        }
        self.after(at, "travel", key, hours=(3, 9))
        return shapes_of(order["channel"]).packed(self, order, at)

    def _travel(self, at: datetime, key: str) -> list[Hook]:
        order = self.orders[key]
        order["parcel"]["state"] = "in_transit"
        self.after(at, "bring", key, hours=(12, 72))
        return shapes_of(order["channel"]).travelling(self, order, at)

    def _bring(self, at: datetime, key: str) -> list[Hook]:
        """The van is on its way to the door."""
        order = self.orders[key]
        order["parcel"]["state"] = "out_for_delivery"
        self.after(at, "deliver", key, hours=(1, 7))
        return shapes_of(order["channel"]).travelling(self, order, at)

    def _deliver(self, at: datetime, key: str) -> list[Hook]:
        order = self.orders[key]
        order["parcel"]["state"] = "delivered"
        if self.chance.random() < 0.045:
            self.after(at, "give_back", key, days=(3, 14))
        else:
            self._close(key)
        return shapes_of(order["channel"]).delivered(self, order, at)

    def _give_back(self, at: datetime, key: str) -> list[Hook]:
        order = self._close(key)
        sku = self.chance.choice(list(order["items"]))
        order["refund"] = {"number": self.next_number(), "sku": sku, "amount": BY_SKU[sku].price, "at": at.isoformat()}
        return shapes_of(order["channel"]).refunded(self, order, at)

    # --- keeping ------------------------------------------------------------------------------

    def document(self) -> dict[str, Any]:
        """The state as JSON, for the next start."""
        return {
            "counter": self.counter,
            "last_order": self.last_order,
            "people": [person.document() for person in self.people.values()],
            "pools": self.pools,
            "carts": self.carts,
            "orders": self.orders,
            "stock": self.stock,
            "restocking": sorted(self.restocking),
            "past": self.past,
            "notes": self.notes,
            "counted": self.counted,
            "steps": [[step.due.isoformat(), step.number, step.what, list(step.args)] for step in sorted(self.steps)],
        }

    @classmethod
    def restore(cls, document: dict[str, Any], seed: int) -> World:
        """Raises KeyError or TypeError when the document is of another version of the demo."""
        world = cls(seed)
        world.counter, world.last_order = document["counter"], document["last_order"]
        world.people = {values["number"]: Person(**values) for values in document["people"]}
        world.pools, world.carts, world.orders = document["pools"], document["carts"], document["orders"]
        world.stock, world.restocking = document["stock"], set(document["restocking"])
        world.past, world.notes = document.get("past", {}), document.get("notes", {})
        world.counted = document.get("counted", {})
        world.steps = [
            Step(datetime.fromisoformat(due), number, what, tuple(args))
            for due, number, what, args in document["steps"]
        ]
        return world


def _is_held_out(flow: str, share: int, person: Person) -> bool:
    """Whether the person is in the control group of one of the demo's flows: then no mail of it moves them."""
    return is_held_out(Control(share * 100, timedelta()), flow, f"email:{person.email.lower()}")
