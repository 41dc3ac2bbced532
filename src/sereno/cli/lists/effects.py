"""`sereno effect`: what flows did to the world, and doing it again where it failed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cyclopts import App

from sereno.cli.lists import rows
from sereno.cli.narrowing import Flag, Json, Narrow, ShopName
from sereno.cli.output import WrongUse, card, emit, instant, say
from sereno.sdk.masking import masked

app = App(name="effect", help="Effects of flows: list them, show one, replay what failed.", help_format="plaintext")

STATUSES = ("pending", "running", "done", "failed", "shadow", "cancelled")
_FIELDS = (
    "id", "key", "shop__slug", "flow__name", "run__uid", "step", "action", "status", "attempts", "created_at",
    "due_at", "finished_at", "subject", "config", "result", "error", "message", "connection",
)  # fmt: skip
_COLUMNS = {
    "ID": "id",
    "AT": "at",
    "FLOW": "flow",
    "ACTION": "action",
    "SUBJECT": "subject",
    "STATUS": "status",
    "TRIES": "attempts",
    "MESSAGE": "message",
}


@app.command(name="list")
def list_effects(narrow: Narrow = Narrow()) -> None:  # noqa: B008 - frozen
    """List effects, the newest first. --type is the action, such as messages.send_email."""
    rows.begin(narrow, STATUSES)
    empty = "No effects. They appear when a flow reaches an action."
    rows.show_list(rows.pages(_query(narrow), narrow.most(), _complete), narrow, _COLUMNS, empty)


@app.command(name="show")
def show_effect(id: str, /, *, json: Json = False) -> None:
    """Show one effect: what was to be done, and what came back.

    Parameters
    ----------
    id
        The effect's number or its key (run/step).
    """
    rows.begin(Narrow())
    from sereno.store.models import Effect

    query = (
        Effect.objects.filter(key=id) if "/" in id else Effect.objects.filter(pk__in=rows.numbers([id], "an effect"))
    )
    found = list(_complete(list(query.values(*_FIELDS))))
    if not found:
        raise WrongUse(f"there is no effect {id!r}: `sereno effect list` shows them")
    if json:
        emit(found[0])
        return
    card({name: value for name, value in found[0].items() if name not in ("config", "result")})
    say("\nConfig")
    emit(found[0]["config"])
    say("\nResult")
    emit(found[0]["result"])


@app.command(name="replay")
def replay(
    *ids: str,
    failed: Flag = False,
    flow: str | None = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Try failed effects again, with the same idempotency key as before.

    Parameters
    ----------
    ids
        Numbers of effects.
    failed
        All that failed, or all of --flow.
    flow
        With --failed: only this flow's.
    """
    narrow = Narrow(status="failed", flow=flow, shop=shop, json=True)
    rows.begin(narrow)
    from sereno.runtime import attending, services

    if bool(ids) == failed:
        raise WrongUse("say which: numbers of effects, or --failed for all that failed")
    chosen = rows.numbers(ids, "an effect") if ids else list(_query(narrow).values_list("id", flat=True))
    count = services.replay_effects(chosen, rows.person()) if chosen else 0
    held_back = attending.held_back(chosen) if count else 0
    if json:
        emit({"asked": len(chosen), "replayed": count, "held_back": held_back})
    else:
        say(f"{count} of {len(chosen)} effects will be tried again by the worker.")
        if held_back:
            say(f"{held_back} of them wait until their flow, which is paused, is resumed.")
    if count < len(chosen):
        raise WrongUse(f"{len(chosen) - count} are not failed effects, and were left as they are")


def _query(narrow: Narrow) -> Any:
    from sereno.cli.narrowing import shop_named
    from sereno.store.models import Effect

    query = rows.between(rows.of_type(Effect.objects.all(), "action", narrow.type), "created_at", narrow)
    if narrow.shop:
        query = query.filter(shop=shop_named(narrow.shop))
    if narrow.flow:
        query = query.filter(flow__name=narrow.flow)
    if narrow.subject:
        query = query.filter(subject=narrow.subject)
    if narrow.status:
        query = query.filter(status=narrow.status)
    return query.order_by("-id").values(*_FIELDS)


def _complete(page: list[dict[str, Any]]) -> Iterable[rows.Row]:
    for row in page:
        yield {
            "id": row["id"],
            "key": row["key"],
            "shop": row["shop__slug"],
            "flow": row["flow__name"],
            "run": row["run__uid"],
            "step": row["step"],
            "action": row["action"],
            "status": row["status"],
            "attempts": row["attempts"],
            "at": instant(row["created_at"]),
            "due_at": instant(row["due_at"]),
            "finished_at": instant(row["finished_at"]),
            "subject": row["subject"],
            "connection": row["connection"],
            "config": masked(row["config"]),
            "result": row["result"],
            "error": row["error"],
            "message": row["message"],
        }
