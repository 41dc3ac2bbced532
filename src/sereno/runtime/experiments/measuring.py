"""What was measured of a shop's flows, as kept: the sums, and the experiments their live versions hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sereno.engine.catalog import FlowInvalid
from sereno.engine.control import CHECKOUT, HOLDOUT, Experiment, as_share, holdout_experiment, purposes
from sereno.engine.message_control import (
    MESSAGE,
    NEWSLETTERS,
    Kept,
    experiment_of,
    kept_newsletter,
    newsletter_place,
    place_of,
)
from sereno.runtime.flows import compiled
from sereno.runtime.newsletters.plan import read_audience
from sereno.sdk.plugin import registry
from sereno.store import scope
from sereno.store.database import Database, Transaction, default_database
from sereno.store.documents import decode

DAILY = ("exposed", "units", "orders")
"""What is read day by day, beside the shop's own currency."""
Sum = tuple[str, str, str, str, int, int, float, int]
"""Experiment, design, arm, metric, day (0 for all time), total, squares, events."""


@dataclass(frozen=True, slots=True)
class Measured:
    """`flow_id` is 0 for the whole shop, `NEWSLETTERS` for a newsletter. `experiments` are those of the live version by
    name; `sums` are of all designs there have been. `document` is the live version's, None where there is none."""

    flow_id: int
    name: str
    title: str
    status: str
    version: int | None
    currency: str
    experiments: Mapping[str, Experiment]
    sums: Sequence[Sum]
    document: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def is_marketing(self) -> bool:
        """Whether it writes to people and none of it must reach everybody: it could have a control group."""
        found = {purpose for _, purpose in purposes(self.document or {}, registry())}
        return found == {"marketing"}


def measured(shop_id: int, name: str, *, database: Database | None = None) -> Measured:
    """One flow's, with the sums of every day. Raises LookupError."""
    with (database or default_database()).read() as tx:
        row = tx.one("measured_flow", {"shop": shop_id, "name": name})
        if row is None:
            raise LookupError(f"there is no flow {name!r} in this shop")
        sums = tx.all("sums_of_flow", {"shop": shop_id, "flow": row[0], "daily": [*DAILY, row[6]]})
    return _measured(row, [_plain(row) for row in sums])


def measured_everywhere(shop_id: int, *, database: Database | None = None) -> tuple[list[Measured], list[Measured]]:
    """All flows of the shop that are, were or could be measured, for all time only: first the holdout of the whole
    shop, with all its days, if there is one. Then all newsletters that were kept from a share of people; the `name` of
    these is the newsletter's number."""
    with (database or default_database()).read() as tx:
        shop = tx.one("measured_shop", {"shop": shop_id})
        if shop is None:
            return [], []
        whole = _whole(tx, shop_id, shop)
        rows = tx.all("measured_flows", {"shop": shop_id})
        sums: dict[int, list[Sum]] = {}
        ids = [row[0] for row in rows]
        for flow_id, *row in tx.all("sums_of_shop", {"shop": shop_id, "flows": [*ids, NEWSLETTERS]}):
            sums.setdefault(flow_id, []).append(_plain((*row[:4], 0, *row[4:])))
        for flow_id, experiment, design, arm, day in tx.all("first_days", {"shop": shop_id, "flows": ids}):
            # Since when, without the days in between.
            if day is not None:
                sums.setdefault(flow_id, []).append((experiment, design, arm, "exposed", int(day), 0, 0.0, 0))
        newsletters = _newsletters(tx, shop_id, shop[0], sums.get(NEWSLETTERS, []))
    flows = [_measured(row, sums.get(row[0], [])) for row in rows]
    return [*whole, *(one for one in flows if one.experiments or one.sums or one.is_marketing)], newsletters


def _whole(tx: Transaction, shop_id: int, shop: Sequence[Any]) -> list[Measured]:
    currency, text = shop
    asked = {"shop": shop_id, "flow": 0, "daily": [*DAILY, currency]}
    sums = [_plain(one) for one in tx.all("sums_of_flow", asked)]
    settings: dict[str, Any] = decode(text) if text else {}
    experiment = holdout_experiment(as_share(settings.get("holdout_share")))
    if experiment is None and not sums:
        return []
    experiments = {} if experiment is None else {HOLDOUT: experiment}
    return [Measured(0, "", "", "live", None, currency, experiments, sums)]


def _newsletters(tx: Transaction, shop_id: int, currency: str, sums: Sequence[Sum]) -> list[Measured]:
    found: dict[int, list[Sum]] = {}
    for row in sums:
        if text := _newsletter_of(row[0]):
            found.setdefault(int(text), []).append(row)
    asked = {"shop": shop_id, "ids": sorted(found)}
    titles = {int(id_): str(title) for id_, title in tx.all("newsletters_titled", asked)} if found else {}
    return [_newsletter(number, titles.get(number, str(number)), currency, found[number]) for number in sorted(found)]


def measured_variants(
    shop_id: int, currency: str, experiments: Mapping[str, Experiment], *, database: Database | None = None
) -> Measured:
    """Variants of the checkout, with the sums of every day; `experiments` are those of the live document."""
    with (database or default_database()).read() as tx:
        sums = tx.all("sums_of_flow", {"shop": shop_id, "flow": CHECKOUT, "daily": [*DAILY, currency]})
    return Measured(CHECKOUT, "", "", "live", None, currency, experiments, [_plain(row) for row in sums])


def measured_messages(
    shop_id: int, *, flow: str = "", step: str | None = None, newsletter: int = 0, database: Database | None = None
) -> Measured:
    """What single messages brought: of one step of a flow, of all its steps, or a newsletter; with every day. Raises
    LookupError."""
    if not newsletter:
        found = measured(shop_id, flow, database=database)
        wanted = MESSAGE if step is None else f"{MESSAGE}{step}"[:200]

        def is_meant(name: str) -> bool:
            return name.startswith(MESSAGE) if step is None else name == wanted

        experiments = {name: one for name, one in found.experiments.items() if is_meant(name)}
        return replace(found, experiments=experiments, sums=[row for row in found.sums if is_meant(row[0])])
    with (database or default_database()).read() as tx:
        row = tx.one("measured_newsletter", {"shop": shop_id, "id": newsletter})
        if row is None:
            raise LookupError(f"there is no newsletter {newsletter} in this shop")
        title, audience, currency = row
        asked = {"shop": shop_id, "flow": NEWSLETTERS, "experiment": f"{MESSAGE}{newsletter_place(newsletter)}"}
        sums = [_plain(one) for one in tx.all("sums_of_experiment", {**asked, "daily": [*DAILY, currency]})]
    hold_out = read_audience(decode(audience) if audience else {}).hold_out
    return _newsletter(newsletter, title, currency, sums, kept_newsletter(newsletter, hold_out))


def _newsletter(id_: int, title: str, currency: str, sums: Sequence[Sum], kept: Kept | None = None) -> Measured:
    """Its experiment is the one it is planned with; where that is not at hand, the one the sums name."""
    if kept is None and sums:
        kept = Kept(sums[0][0], sums[0][1])
    experiments = {} if kept is None else {kept.experiment: experiment_of(kept)}
    return Measured(NEWSLETTERS, str(id_), title, "live", None, currency, experiments, sums)


def _newsletter_of(experiment: str) -> str:
    return (place_of(experiment) or "").removeprefix(newsletter_place(""))


def _measured(row: Sequence[Any], sums: Sequence[Sum]) -> Measured:
    id_, name, title, status, version, document, currency = row
    flow = None
    if document is not None:
        try:
            with scope.running():
                flow = compiled(document, registry())
        except FlowInvalid:
            flow = None  # a plugin is gone; what was measured is still there
    experiments: Mapping[str, Experiment] = flow.experiments if flow is not None else {}
    return Measured(
        id_, name, title, status, version, currency, experiments, sums, flow.document if flow is not None else None
    )


def _plain(row: Sequence[Any]) -> Sum:
    experiment, design, arm, metric, day, total, squares, events = row
    return experiment, design, arm, metric, int(day), int(total), float(squares), int(events)
