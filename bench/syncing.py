"""How products of a large catalogue are compared between stores: what a pass over all of it costs, whether its end is
dearer than its beginning, what it costs when a store tells of everything anew, and what the pages ask of it.

Three connections sell SKUS things each, one by a product of its own; every hundredth costs something else in one of
them. Prints one JSON document; `ok` says whether the goals were reached and what was found is exact.
`python bench/syncing.py [SKUS] [sqlite|postgresql]`. Goals: half a millisecond of processor time for an item, the last
tenth no dearer than twice the first, what a page asks for within 250 ms.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import setting
from sereno.store.secrets import configure

GOAL_US = 500
GOAL_GROWS = 2.0
GOAL_PAGE_MS = 250
STORES = {"web": "", "till": "till~", "pim": "pim~"}
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count}) "


def main() -> None:
    numbers, kinds = setting.arguments()
    skus = numbers[0] if numbers else 100_000
    setting.ready()
    configure("bench")
    found = {kind: measure(kind, skus) for kind in kinds}
    setting.emit({"skus": skus, "stores": len(STORES), **found, "ok": all(one["ok"] for one in found.values())})


def measure(kind: str, skus: int) -> dict[str, Any]:
    from sereno.runtime import connecting
    from sereno.runtime.clock import SystemClock
    from sereno.runtime.stores.finding import seal_access
    from sereno.runtime.syncing import services
    from sereno.runtime.syncing.comparing import Comparer
    from sereno.runtime.syncing.services import Rule
    from sereno.runtime.world import make_world
    from sereno.sdk.plugin import registry
    from sereno.store.database import open_database

    with setting.database(kind) as url:
        database = open_database(url)
        shop = setting.shop(database)
        for name, mark in STORES.items():
            more: dict[str, Any] = {"secrets": [SECRET], "namespace": mark.rstrip("~")}
            connecting.connect(shop, "generic", name, by="bench", **more, database=database)
        with database.transaction() as tx:
            access = seal_access({"url": "https://erp.example/w", "secret": SECRET})
            tx.text(f"UPDATE connection SET access = '{access}' WHERE shop_id = {shop}")
        _fill(database, shop, skus)
        comparer = Comparer(make_world(database, registry(), lambda kind, shop: None, SystemClock(), "bench"))
        asked: dict[str, Any] = {"database": database}
        rule_ms = _ms(lambda: services.set_rule(shop, Rule("price", "pim", "leader"), by="bench", **asked))
        first = _worked_off(comparer, skus)
        differing = services.counts(shop, **asked)
        _told_again(database, shop)
        again = _worked_off(comparer, skus)
        waiting = f"SELECT count(*) FROM catalog_to_compare WHERE shop_id = {shop}"
        events = "SELECT count(*) FROM event WHERE type = 'product.differs'"
        with database.read() as tx:
            left, told = tx.text(waiting)[0][0], tx.text(events)[0][0]
        pages = {
            "counts": _ms(lambda: services.counts(shop, **asked)),
            "newest": _ms(lambda: services.differences(shop, **asked)),
            "searched": _ms(lambda: services.differences(shop, search="sku-0099", **asked)),
            "of_an_item": _ms(lambda: services.of_item(shop, "SKU-000100", **asked)),
            "stores": _ms(lambda: services.sides(shop, **asked)),
        }
        database.close()
    counted = {"compared": differing.compared, "open": differing.states["open"], "left": left, "told": told}
    is_exact = counted == {"compared": skus, "open": skus // 100, "left": 0, "told": skus // 100}
    is_quick = all(one["cpu_us_an_item"] <= GOAL_US and one["grows"] <= GOAL_GROWS for one in (first, again))
    return {
        "rule_made_ms": rule_ms,
        "pass_over_all": first,
        "all_told_again": again,
        "pages_ms": pages,
        **counted,
        "is_exact": is_exact,
        "ok": is_exact and is_quick and max(*pages.values(), rule_ms) <= GOAL_PAGE_MS,
    }


def _worked_off(comparer: Any, skus: int) -> dict[str, float]:
    """Processor time of this process, and by item; `grows`: what the last tenth costs, by the first."""
    pieces: list[tuple[int, float]] = []
    began, start = time.perf_counter(), time.process_time()
    while done := comparer.run(is_idle=True):
        now = time.process_time()
        pieces.append((done, now - start))
        start = now
    tenth = max(1, len(pieces) // 10)
    cpu = sum(spent for _, spent in pieces)
    first, last = (
        sum(spent for _, spent in part) / sum(done for done, _ in part) for part in (pieces[:tenth], pieces[-tenth:])
    )
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(cpu, 1),
        "cpu_us_an_item": round(cpu / skus * 1e6, 1),
        "grows": round(last / first, 2),
    }


def _told_again(database: Any, shop: int) -> None:
    """As the projections note it when a store tells of each of its products."""
    with database.transaction() as tx:
        tx.text(
            "INSERT INTO catalog_to_compare (shop_id, kind, key) SELECT shop_id, 'product', key FROM catalog_product "
            f"WHERE shop_id = {shop} AND key LIKE 'till~%'"
        )


def _fill(database: Any, shop: int, skus: int) -> None:
    number = "substr(CAST(1000000 + i AS text), 2)"
    sku = f"'SKU-' || {number}"
    now = time.time_ns() // 1000
    for mark in STORES.values():
        price = "CASE WHEN i % 100 = 0 THEN '12.00' ELSE '10.00' END" if not mark else "'10.00'"
        own, product = f"'{mark}v-' || i", f"'{mark}p-' || i"
        variant = (
            f"""'{{"variant_id":"' || {own} || '","product_id":"' || {product} || '","sku":"' || {sku}"""
            f""" || '","price":"' || {price} || '","currency":"EUR"}}'"""
        )
        record = (
            f"""'{{"id":"' || {product} || '","title":"Taza nr. ' || i || '","status":"active","currency":"EUR","""
            f""""description":"<p>Azul, de barro, hecha a mano.</p>","variants":[' || {variant} || ']}}'"""
        )
        columns = "(shop_id, key, version, data, seen_at"
        same = f"{shop}, {product}, {now}, {record}, {now}"
        _insert(
            database, skus, f"catalog_product (shop_id, key, version, data, seen_at, title) SELECT {same}, {sku} FROM n"
        )
        same = f"{shop}, {own}, {now}, {variant}, {now}"
        _insert(database, skus, f"catalog_variant {columns}, product_key, sku) SELECT {same}, {product}, {sku} FROM n")
    if database.dialect == "postgresql":
        with database.transaction() as tx:
            tx.text("ANALYZE catalog_product")
            tx.text("ANALYZE catalog_variant")


def _insert(database: Any, count: int, into: str) -> None:
    table, _, rest = into.partition(" SELECT ")
    with database.transaction() as tx:
        tx.text(f"INSERT INTO {table} {NUMBERS.format(count=count)} SELECT {rest}")


def _ms(ask: Callable[[], Any]) -> float:
    """The median of five, of which the first may find nothing in memory."""
    took: list[float] = []
    for _ in range(5):
        start = time.perf_counter()
        ask()
        took.append((time.perf_counter() - start) * 1000)
    return round(sorted(took)[2], 1)


if __name__ == "__main__":
    main()
