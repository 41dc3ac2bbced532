"""Where messages hang that no run of a flow asked for: a run of a flow Sereno brings along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from msgspec import structs

from sereno.engine.run import RunState, encode_state
from sereno.sdk.plugin import URGENT
from sereno.store.database import Transaction
from sereno.store.documents import encode
from sereno.store.fields import storable, to_micros


@dataclass(frozen=True, slots=True)
class Host:
    """A flow Sereno brings along, which nothing starts: what hangs on its runs is shown, tried again and counted as all
    effects are."""

    name: str
    title: str

    @property
    def document(self) -> str:
        return f"flow: {self.name}\nname: {self.title}\ntrigger: {{event: custom.{self.name}}}\nsteps: []\n"


def host_run(
    tx: Transaction,
    shop_id: int,
    host: Host,
    uid: str,
    subject: str,
    now: datetime,
    *,
    key: str | None = None,
    refs: Mapping[str, str] | None = None,
) -> tuple[int, int]:
    """A run of the host that is over, for effects to hang on; `{row}` in the uid is its row's number, `key` is the uid
    when it is not given, `refs` are what it is about. Gives the rows of the flow, which is made when it is not there,
    and of the run."""
    flow = _flow(tx, shop_id, host, to_micros(now))
    (row,) = tx.next_ids("run", 1)
    id_ = uid.replace("{row}", str(row))
    state = RunState(
        id=id_, flow=host.name, version=1, subject=subject, key=key or id_, status="finished", started_at=now
    )
    if refs:
        state = structs.replace(state, refs=dict(refs))
    at = to_micros(now)
    of_run = (row, id_, shop_id, flow, 1, subject, state.key, None, "finished", "", None, False, None, at, at)
    tx.many("copy_runs", [(*of_run, encode_state(state).decode())])
    return flow, row


def _flow(tx: Transaction, shop_id: int, host: Host, now: int) -> int:
    held = tx.one("flow_by_name", {"shop": shop_id, "name": host.name})
    if held is not None:
        return held[0]
    values: dict[str, Any] = {"title": host.title, "draft": host.document, "now": now}
    made = tx.one("insert_flow", {"shop": shop_id, "name": host.name, "is_derived": True, **values})
    assert made is not None
    flow: int = made[0]
    version = {"flow": flow, "number": 1, "document": host.document, "listens": "[]"}
    tx.run("insert_version", {**version, "now": now, "by": "sereno", "note": "comes with Sereno"})
    tx.run("set_version", {"id": flow, "version": 1, "status": "live", **values})
    return flow


def mail_row(
    key: str,
    shop_id: int,
    flow: int,
    run: int,
    action: str,
    subject: str,
    config: Mapping[str, Any],
    now: datetime,
    connection: str = "smtp",
    *,
    step: str = "0",
) -> tuple[Any, ...]:
    """A row of `copy_effects` for a mail nobody waits for, or for what goes by another `connection`."""
    at = to_micros(now)
    place = (
        key,
        shop_id,
        flow,
        run,
        step,
        action,
        subject,
        encode({name: _plain(one) for name, one in config.items()}),
    )
    return (*place, "pending", False, 0, URGENT, at, connection, at, None, None, None, None)


def _plain(value: Any) -> Any:
    return storable(value) if isinstance(value, str) else value
