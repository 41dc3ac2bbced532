"""`sereno run`: what happened and why, and why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cyclopts import App

from sereno.cli.lists import rows
from sereno.cli.narrowing import Json, Narrow, ShopName, flow_named, shop_named
from sereno.cli.output import WrongUse, card, emit, instant, say, table
from sereno.sdk.masking import masked

app = App(name="run", help="Runs of flows: list them, show one, ask why or why not.", help_format="plaintext")

STATUSES = ("running", "waiting", "parked", "finished", "exited", "stopped", "failed")
_FIELDS = (
    "uid", "shop__slug", "flow__name", "version", "subject", "key", "status", "step", "reason", "is_shadow",
    "started_at", "due_at", "updated_at", "event__uid", "event__type", "event__subject", "event__occurred_at",
)  # fmt: skip
_COLUMNS = {
    "STARTED": "started_at",
    "FLOW": "flow",
    "SUBJECT": "subject",
    "STATUS": "status",
    "STEP": "step",
    "DUE": "due_at",
    "REASON": "reason",
    "ID": "id",
}


@app.command(name="list")
def list_runs(narrow: Narrow = Narrow()) -> None:  # noqa: B008 - frozen
    """List runs, the newest first. --type is the type of the event that started them."""
    shop = rows.begin(narrow, STATUSES)
    from sereno.store.models import Run

    query = rows.between(Run.objects.all(), "started_at", narrow)
    if shop is not None:
        query = query.filter(shop=shop)
    if narrow.flow:
        query = query.filter(flow__name=narrow.flow)
    if narrow.subject:
        query = query.filter(subject=narrow.subject)
    if narrow.status:
        query = query.filter(status=narrow.status)
    query = rows.of_type(query, "event__type", narrow.type).order_by("-id").values(*_FIELDS)
    found = rows.pages(query, narrow.most(), _complete)
    empty = "No runs. `sereno flow list` shows which flows are live; `sereno run why` says why one did not run."
    rows.show_list(found, narrow, _COLUMNS, empty)


@app.command(name="show")
def show_run(id: str, /, *, json: Json = False) -> None:
    """Show one run: where it stands, its trace step by step, its effects.

    Parameters
    ----------
    id
        The run's id, or the first characters of it.
    """
    rows.begin(Narrow())
    from sereno.store.models import Effect, Run, RunTrace

    found = list(Run.objects.filter(uid__startswith=id).values("id", *_FIELDS)[:2])
    if len(found) != 1:
        many = "more than one run begins" if found else "no run's id begins"
        raise WrongUse(f"{many} with {id!r}: `sereno run list` shows the ids")
    number = found[0]["id"]
    (run,) = (dict(row) for row in _complete(found))
    traces = RunTrace.objects.filter(run_id=number).order_by("id").values_list("entries", flat=True)
    run["trace"] = [entry for entries in traces for entry in entries]
    effects = Effect.objects.filter(run_id=number).order_by("id")
    run["effects"] = [
        {
            "id": effect.pk,
            "key": effect.key,
            "step": effect.step,
            "action": effect.action,
            "status": effect.status,
            "attempts": effect.attempts,
            "config": masked(effect.config),
            "result": effect.result,
            "error": effect.error,
            "message": effect.message,
        }
        for effect in effects
    ]
    if json:
        emit(run)
        return
    card({name: value for name, value in run.items() if name not in ("trace", "effects", "event")})
    say()
    _trace_table(run["trace"])
    if run["effects"]:
        say()
        columns = ["EFFECT", "STEP", "ACTION", "STATUS", "TRIES", "MESSAGE"]
        lines = [[e["id"], e["step"], e["action"], e["status"], e["attempts"], e["message"]] for e in run["effects"]]
        table(columns, lines, empty="")


@app.command(name="why")
def why(
    *,
    subject: str,
    flow: str | None = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Why did a flow do this for that subject, or why did it not? Without --flow, all flows answer.

    Parameters
    ----------
    subject
        Whom or what it is about: customer:17, order:1001, an order's number or an e-mail address works too.
    flow
        The flow's name.
    shop
        The shop, where there are several.
    """
    rows.begin(Narrow())
    from sereno.runtime import services

    row = shop_named(shop)
    if flow is None:
        answer = services.explain(row.pk, subject)
        found = answer["flows"]
    else:
        flow_named(row, flow)
        answer = services.why(row.pk, flow, subject)
        found = [answer]
    if json:
        emit(answer)
        return
    for one in found:
        if flow is None:
            say(f"{one['flow']}: {_short(one, subject)}")
        else:
            _tell(flow, subject, one)
    for fact in answer["standing"]:
        details = ", ".join(f"{name} {value}" for name, value in fact["details"].items())
        say(f"Now: {fact['about']} {fact['code']}{f' ({details})' if details else ''}")


_NOTHING = {
    "no_event": "Nothing that starts {flow} has been seen about {subject}: `sereno event list --subject {subject}`",
    "not_live_then": "{subject} was seen before {flow} was live; what happened then does not start it. "
    "`sereno flow backtest` shows what it would have done",
    "flow_paused": "{flow} is paused: `sereno flow resume {flow}`",
    "flow_not_published": "{flow} was never published: `sereno flow publish {flow}`",
}


def _short(found: Mapping[str, Any], subject: str) -> str:
    """One flow's answer in a line."""
    answer = found["answer"]
    if answer["verdict"] == "never":
        return _NOTHING.get(answer["reason"], answer["reason"]).format(flow=found["flow"], subject=subject)
    about = f" [{answer['run']}]" if answer["run"] else ""
    return f"{answer['says']}{about}"


def _tell(flow: str, subject: str, answer: Mapping[str, Any]) -> None:
    from sereno.engine.trace import explain_skip

    if answer["runs"]:
        say(f"{answer['answer']['says']}.")
    for run in answer["runs"]:
        say(f"It ran: {run['id']}, {run['status']}, started {run['started_at']}")
        _trace_table(run["trace"])
        say()
    for skip in answer["skipped"]:
        event = skip["event"] or {}
        say(f"It did not run at {skip['at']}, on {event.get('type', 'an event')} {event.get('id', '')}".rstrip())
        say(f"    {explain_skip(skip['reason'], skip['details'])} [{skip['reason']}]")
    if not answer["runs"] and not answer["skipped"]:
        say(_NOTHING.get(answer["reason"], answer["reason"] or "").format(flow=flow, subject=subject))


def _trace_table(trace: Iterable[dict[str, Any]]) -> None:
    from sereno.engine.trace import explain

    lines = [[entry["at"], entry["step"], explain(entry), entry["code"]] for entry in trace]
    table(["AT", "STEP", "WHAT", "CODE"], lines, empty="No trace yet.", widest=400)


def _complete(page: list[dict[str, Any]]) -> Iterable[rows.Row]:
    for row in page:
        yield {
            "id": row["uid"],
            "shop": row["shop__slug"],
            "flow": row["flow__name"],
            "version": row["version"],
            "subject": row["subject"],
            "key": row["key"],
            "status": row["status"],
            "step": row["step"],
            "reason": row["reason"],
            "is_shadow": row["is_shadow"],
            "started_at": instant(row["started_at"]),
            "due_at": instant(row["due_at"]),
            "updated_at": instant(row["updated_at"]),
            "event": {
                "id": row["event__uid"],
                "type": row["event__type"],
                "subject": row["event__subject"],
                "occurred_at": instant(row["event__occurred_at"]),
            },
        }
