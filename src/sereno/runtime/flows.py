"""The flows as the runtime knows them: compiled once per version, looked up by shop and event type.

What is answered from memory is at most `FRESH` seconds old, so publishing and pausing are seen everywhere within it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from functools import lru_cache
from time import monotonic
from typing import Any, Literal

from sereno.engine.catalog import FlowInvalid
from sereno.engine.chance import SHARES, share_of
from sereno.engine.entry import names_a_person
from sereno.engine.flow import Flow, compile_flow
from sereno.engine.limits import NONE, Limits
from sereno.runtime.hooks import Hooks
from sereno.runtime.shops import Shops
from sereno.sdk.plugin import Plugins
from sereno.store import scope
from sereno.store.database import Transaction
from sereno.store.documents import decode

log = logging.getLogger("sereno.runtime")

FRESH = 0.5
Status = Literal["live", "shadow", "paused"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A candidate on its way in. `step` is how often it was changed, `step_at` when last (microseconds)."""

    id: int
    version: int
    live_version: int
    mode: Literal["shadow", "share"]
    share: int
    step: int
    started_at: int
    step_at: int


@dataclass(frozen=True, slots=True)
class LiveFlow:
    """One version of a flow. `keeps_before`: it may read `event.before`, so runs must keep it.

    With a stage there are two that an event may start. `keys`: from which to which basis point of all keys are its own,
    by a draw on the key that `chooser` gives (None: its own). `lane` is the stage's number for the one that runs in
    shadow beside the other and has its own entries, `since` the stage's beginning."""

    id: int
    shop_id: int
    name: str
    version: int
    status: Status
    is_derived: bool
    flow: Flow
    keeps_before: bool
    lane: int = 0
    since: int = 0
    keys: tuple[int, int] = (0, SHARES)
    chooser: LiveFlow | None = None

    @property
    def speaks(self) -> bool:
        """Whether it is the one to say why nothing began, where that falls to neither by its key."""
        return self.lane == 0 and self.keys[1] == SHARES

    def serves(self, key: str) -> bool:
        """Whether a key that was drawn for is this version's."""
        low, high = self.keys
        return self.keys == (0, SHARES) or low <= share_of("stage", self.name, key) < high


class Flows:
    """All flows that are not drafts."""

    def __init__(self, plugins: Plugins, shops: Shops, hooks: Hooks) -> None:
        self._plugins = plugins
        self._hooks = hooks
        self._shops = shops
        self._read_at = -FRESH
        self._seen: tuple[Any, ...] | None = None
        self._versions: dict[tuple[int, int], LiveFlow] = {}
        self._triggers: dict[tuple[int, str], list[LiveFlow]] = {}
        self._listens: dict[tuple[int, str], list[int]] = {}
        self._statuses: dict[int, Status] = {}
        self._scheduled: list[LiveFlow] = []
        self._stages: dict[int, Stage] = {}
        self._limits: dict[int, Limits] = {}
        self._naming: dict[int, list[int]] = {}

    def invalidate(self) -> None:
        """Read again at the next `refresh`."""
        self._read_at = -FRESH
        self._seen = None

    def refresh(self, tx: Transaction) -> None:
        """Read what changed, when the last look is old."""
        now = monotonic()
        if now - self._read_at < FRESH and self._seen is not None:
            return
        self._shops.refresh(tx)
        self._hooks.refresh(tx)
        seen = tx.one("flows_changed")
        if seen != self._seen:
            self._read(tx)
            self._seen = seen
        self._read_at = now

    def _read(self, tx: Transaction) -> None:
        """All or nothing: a connection lost in between must not leave half the flows for all of them."""
        triggers: dict[tuple[int, str], list[LiveFlow]] = {}
        listening: dict[tuple[int, str], list[int]] = {}
        statuses: dict[int, Status] = {}
        scheduled: list[LiveFlow] = []
        stages, candidates = self._read_stages(tx)
        limits: dict[int, Limits] = {}
        naming: dict[int, list[int]] = {}
        for id_, shop_id, name, status, version, is_derived, document in tx.all("all_flows"):
            statuses[id_] = status
            live = self._take(id_, shop_id, name, status, version, bool(is_derived), document)
            if live is None:
                continue
            for one in _arms(live, candidates.get(id_), stages.get(id_)):
                for type_ in one.flow.trigger_types:
                    triggers.setdefault((shop_id, type_), []).append(one)
            limits[id_] = live.flow.limits
            if names_a_person(live.flow):
                naming.setdefault(shop_id, []).append(id_)
            if live.flow.schedule is not None:
                scheduled.append(live)
        for flow_id, shop_id, listens in tx.all("all_listens"):
            for type_ in decode(listens):
                flows = listening.setdefault((shop_id, type_), [])
                if flow_id not in flows:
                    flows.append(flow_id)
        self._triggers, self._listens, self._statuses, self._scheduled = triggers, listening, statuses, scheduled
        self._stages, self._limits, self._naming = stages, limits, naming
        # Versions of earlier statuses stay good for running runs, with the status of today.
        self._versions = {
            key: replace(live, status=self._statuses.get(key[0], live.status)) for key, live in self._versions.items()
        }

    def _read_stages(self, tx: Transaction) -> tuple[dict[int, Stage], dict[int, LiveFlow]]:
        """By flow: the stages that have not ended, and the candidates that can be used here."""
        stages: dict[int, Stage] = {}
        candidates: dict[int, LiveFlow] = {}
        for row in tx.all("all_stages"):
            id_, shop_id, name, status, version, is_derived, document, live_version, *rest = row
            stages[id_] = Stage(rest[0], version, live_version, *rest[1:])
            found = self._take(id_, shop_id, name, status, version, bool(is_derived), document)
            if found is not None:
                candidates[id_] = found
        return stages, candidates

    def _take(
        self, id_: int, shop_id: int, name: str, status: Status, version: int, is_derived: bool, document: str
    ) -> LiveFlow | None:
        try:
            with scope.running():
                flow = compiled(document, self._plugins)
        except FlowInvalid as error:
            log.error("flow %s version %s cannot be used any more: %s", name, version, error)
            return None
        live = LiveFlow(id_, shop_id, name, version, status, is_derived, flow, "before" in document)
        self._versions[id_, version] = live
        return live

    def triggered(self, shop_id: int, type_: str) -> list[LiveFlow]:
        """Flows that this type may start, in order of id; paused ones too, so that it can be said why not."""
        return self._triggers.get((shop_id, type_), [])

    def listening(self, shop_id: int, type_: str) -> list[int]:
        """Ids of flows some version of which may have runs that want to hear of this type."""
        return self._listens.get((shop_id, type_), [])

    def scheduled(self) -> list[LiveFlow]:
        return self._scheduled

    def stage(self, flow_id: int) -> Stage | None:
        """The stage of a flow that has one under way."""
        return self._stages.get(flow_id)

    def naming_people(self, shop_id: int) -> list[int]:
        """Ids of the shop's flows whose live version has a key that may name a person."""
        return self._naming.get(shop_id, [])

    def limits(self, flow_id: int) -> Limits:
        """Those the live version of a flow sets itself."""
        return self._limits.get(flow_id, NONE)

    def is_paused(self, flow_id: int) -> bool:
        return self._statuses.get(flow_id) == "paused"

    def version(self, tx: Transaction, flow_id: int, version: int) -> LiveFlow | None:
        """The version a run stands on; None when it cannot be compiled any more (a plugin is gone)."""
        found = self._versions.get((flow_id, version))
        if found is not None:
            return found
        row = tx.one("flow_version_document", {"flow": flow_id, "version": version})
        if row is None:
            return None
        shop_id, name, status, document, is_derived = row
        return self._take(flow_id, shop_id, name, status, version, bool(is_derived), document)


def _arms(live: LiveFlow, candidate: LiveFlow | None, stage: Stage | None) -> list[LiveFlow]:
    """The versions an event may start. A candidate that cannot be used here leaves all keys to the live version."""
    if candidate is None or stage is None:
        return [live]
    if stage.mode == "shadow":
        return [live, replace(candidate, lane=stage.id, since=stage.started_at)]
    # One draw for both: else a key that the two versions make differently would be taken by both, or by neither.
    chooser = live if _key(live) != _key(candidate) else None
    shares = ((stage.share, SHARES), (0, stage.share))
    return [replace(live, keys=shares[0], chooser=chooser), replace(candidate, keys=shares[1], chooser=chooser)]


def _key(live: LiveFlow) -> str:
    return live.flow.key.source if live.flow.key is not None else ""


def compiled(document: str, plugins: Plugins) -> Flow:
    """Compiling is costly, and every shop has the same derived flows. Raises FlowInvalid."""
    current = scope.current()
    if current is not None and current.shop_id is not None and "template" in document:
        # Which templates there are differs between shops, and changes.
        return _compiled(document, plugins, (current.shop_id, current.database, scope.changes()))
    with scope.running():
        return _compiled(document, plugins, None)


@lru_cache(maxsize=1024)
def _compiled(document: str, plugins: Plugins, place: tuple[object, ...] | None) -> Flow:
    return compile_flow(document, plugins)
