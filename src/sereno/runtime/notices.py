"""Where mails to the shop's own people hang that no run of a flow asked for: a run of a flow Sereno brings along."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sereno.engine.run import RunState, encode_state
from sereno.sdk.plugin import URGENT
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable, to_micros

FLOW = "limit-questions"
_DOCUMENT = f"flow: {FLOW}\nname: Questions about limits\ntrigger: manual\nsteps: []\n"


def make_run(tx: Transaction, shop_id: int, uid: str, subject: str, now: datetime) -> tuple[int, int]:
    """Gives the flow's row and the run's."""
    at = to_micros(now)
    held = tx.one("flow_by_name", {"shop": shop_id, "name": FLOW})
    if held is None:
        values: dict[str, Any] = {"title": "Questions about limits", "draft": _DOCUMENT, "now": at}
        made = tx.one("insert_flow", {"shop": shop_id, "name": FLOW, "is_derived": True, **values})
        assert made is not None
        flow: int = made[0]
        version = {"flow": flow, "number": 1, "document": _DOCUMENT, "listens": "[]"}
        tx.run("insert_version", {**version, "now": at, "by": "sereno", "note": "comes with Sereno"})
        tx.run("set_version", {"id": flow, "version": 1, "status": "live", **values})
    else:
        flow = held[0]
    (row,) = tx.next_ids("run", 1)
    state = RunState(
        id=f"{uid}-{row}", flow=FLOW, version=1, subject=subject, key=uid, status="finished", started_at=now
    )
    of_run = (row, state.id, shop_id, flow, 1, subject, uid, None, "finished", "", None, False, None, at, at)
    tx.many("copy_runs", [(*of_run, encode_state(state).decode())])
    return flow, row


def mail_row(
    key: str, shop_id: int, flow: int, run: int, action: str, subject: str, config: Mapping[str, Any], now: datetime
) -> tuple[Any, ...]:
    """A row of `copy_effects` for a mail nobody waits for."""
    at = to_micros(now)
    place = (key, shop_id, flow, run, "0", action, subject, encode({name: _plain(one) for name, one in config.items()}))
    return (*place, "pending", False, 0, URGENT, at, "smtp", at, None, None, None, None)


def _plain(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value
