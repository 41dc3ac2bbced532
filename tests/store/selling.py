"""A shop with three stores that sell the same things: they are changed, tell of it, take what they are told, or make
something of their own of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from support import Place

from sereno.runtime import connecting
from sereno.runtime.stores.finding import seal_access
from sereno.runtime.syncing import services
from sereno.runtime.syncing.services import Difference, Rule
from sereno.sdk.connector import NewEvent
from sereno.sdk.result import Done, Result
from sereno.sdk.stores import Stores
from sereno.sdk.writes import PublishProduct, SetPrice, SetTexts, Write
from sereno.store.database import Database

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NAMES = {"web": "", "till": "till", "pim": "pim"}
ALIGN = """flow: align
trigger: {event: product.differs}
key: event.sku + event.field + event.connection
reentry: {while_running: restart}
steps:
  - catalog.align: {}
"""


class Market(Place):
    """`goods` are the stores' own records by connection and SKU; `writes` what they were told. `answers` come before
    what they would say; `makes` is what a store makes of a value."""

    def __init__(self, database: Database, keys: tuple[str, ...] = ("web", "till", "pim")) -> None:
        super().__init__(database, lambda kind, facts: self if kind is Stores else None)
        self.goods: dict[str, dict[str, dict[str, Any]]] = {name: {} for name in NAMES}
        self.writes: list[tuple[str, Write]] = []
        self.keys: list[str] = []
        self.answers: list[Result | Exception] = []
        self.makes: Callable[[str, str, Any], Any] = lambda name, field, value: value
        self.count = 0
        for name, namespace in NAMES.items():
            connecting.connect(
                self.shop, "generic", name, by="ana", secrets=[SECRET], namespace=namespace, database=database
            )
        self.allow(*keys)

    def allow(self, *names: str) -> None:
        access = seal_access({"url": "https://erp.example/w", "secret": SECRET})
        with self.database.transaction() as tx:
            for name in NAMES:
                given = access if name in names else ""
                tx.text(f"UPDATE connection SET access = '{given}' WHERE name = '{name}'")

    def sell(self, name: str, key: str, **said: Any) -> None:
        """Put it into this store's catalogue, or change it there."""
        usual = {"price": "10.00", "compare_at_price": None, "title": "Taza", "description": "<p>Azul</p>"}
        usual |= {"status": "active", "currency": "EUR"}
        at = self.clock.now().isoformat()
        self.goods[name][key] = {**self.goods[name].get(key, usual), **said, "updated_at": at}

    def news(self, name: str, sku: str) -> NewEvent:
        """As the store's webhook tells of it."""
        mark = f"{NAMES[name]}~" if NAMES[name] else ""
        held = self.goods[name][sku]
        of_variant = {field: held[field] for field in ("price", "compare_at_price", "currency", "updated_at")}
        product, own = f"{mark}p-{name}-{sku}", f"{mark}{name}-{sku}"
        variant = {**of_variant, "variant_id": own, "product_id": product, "sku": held.get("sku", sku)}
        of_product = {field: held[field] for field in ("title", "description", "status", "currency", "updated_at")}
        data = {**of_product, "id": product, "variants": [variant]}
        self.count += 1
        refs = {"product": product}
        return NewEvent(
            f"{self.count}",
            "product.updated",
            f"product:{product}",
            self.clock.now(),
            json.loads(json.dumps(data)),
            refs,
        )

    def tell(self, *names: str, sku: str = "MUG") -> None:
        """The stores tell of it, and all that follows happens."""
        self.send(*(self.news(name, sku) for name in names))
        self.drain()

    def change(self, name: str, key: str = "MUG", **said: Any) -> None:
        """A moment later somebody changes it in this store, which tells of it."""
        self.pass_by(minutes=5)
        self.sell(name, key, **said)
        self.tell(name, sku=key)

    def pass_by(self, **length: float) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**length))

    def rule(self, field: str = "price", conflict: str = "leader", **more: Any) -> None:
        given = {"leader": "pim", "most_change": 0, **more}
        services.set_rule(self.shop, Rule(field, conflict=conflict, **given), by="ana", database=self.database)
        self.drain()

    def differences(self, **asked: Any) -> list[Difference]:
        return services.differences(self.shop, **asked, database=self.database)[0]

    def short(self) -> list[tuple[str, ...]]:
        """Field, store, what it says, what it should say, state and reason."""
        return sorted(
            (one.field, one.connection, one.own, one.target, one.state, one.reason) for one in self.differences()
        )

    def told(self) -> list[tuple[str, ...]]:
        """What events told of, in their order."""
        rows = self.rows("SELECT type, data FROM event WHERE type LIKE 'product.differ%' ORDER BY id")
        return [(kind.partition(".")[2], *_facts(json.loads(data))) for kind, data in rows]

    def decide(self, connection: str, decision: str) -> Difference:
        (held,) = self.differences(connection=connection)
        found = services.decide(self.shop, held.id, decision, by="eva", database=self.database)
        self.drain()
        return found

    # --- the stores ---------------------------------------------------------------------------

    def write(self, write: Write, *, key: str, attempt: int, now: Any) -> Result:
        answer = self.answers.pop(0) if self.answers else Done({})
        if isinstance(answer, Done):
            self.take(write)
            self.keys.append(key)
        if isinstance(answer, Exception):
            self.take(write)
            raise answer
        return answer

    def take(self, write: Write) -> None:
        assert isinstance(write, SetPrice | SetTexts | PublishProduct)
        name, _, sku = write.product.rpartition("~")[2].removeprefix("p-").partition("-")
        self.writes.append((name, write))
        said: dict[str, Any] = {}
        if isinstance(write, SetPrice):
            said |= {} if write.price is None else {"price": write.price.text}
            struck = write.compare_at
            said |= {} if struck is None else {"compare_at_price": struck.text if struck.amount else None}
        elif isinstance(write, SetTexts):
            said |= {"title": write.title} if write.title else {}
            said |= {} if write.description is None else {"description": write.description}
        else:
            said |= {"status": "active" if write.is_published else "draft"}
        self.sell(name, sku, **{field: self.makes(name, field, value) for field, value in said.items()})


def _facts(data: dict[str, Any]) -> tuple[str, ...]:
    found = (data["field"], data["connection"], data.get("own", ""), data.get("target", ""))
    return (*found, data["reason"]) if data.get("reason") else found
