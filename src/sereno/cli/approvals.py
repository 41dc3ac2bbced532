"""`sereno approval`: what runs ask people, and the answers."""

from __future__ import annotations

from typing import Literal

from cyclopts import App

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, emit, instant, say, table

approval = App(name="approval", help="Questions of runs, and their answers.", help_format="plaintext")


@approval.command(name="list")
def list_approvals(*, status: str = "open", shop: ShopName = None, json: Json = False) -> None:
    """List what people are asked; `--status` is open, approved, refused, expired or closed."""
    host().prepare()
    database.ready()
    from sereno.store.models import Approval

    found = Approval.objects.filter(status=status).select_related("run", "run__flow").defer("run__state").order_by("id")
    if shop:
        found = found.filter(shop=shop_named(shop))
    lines = [
        {
            "id": row.pk,
            "flow": row.run.flow.name,
            "run": row.run.uid,
            "subject": row.run.subject,
            "by": row.by,
            "text": row.text,
            "status": row.status,
            "at": instant(row.created_at),
            "expires_at": instant(row.expires_at),
            "decided_by": row.decided_by,
        }
        for row in found
    ]
    if json:
        emit(lines)
        return
    shown = ([line[name] for name in ("id", "flow", "subject", "by", "text", "expires_at")] for line in lines)
    table(["ID", "FLOW", "ABOUT", "ASKS", "TEXT", "UNTIL"], shown, empty="Nobody is asked anything.")


@approval.command(name="answer")
def answer(id: int, verdict: Literal["approve", "refuse"], /, *, note: str = "") -> None:
    """Answer a question of a run.

    Parameters
    ----------
    id
        Of the question: `sereno approval list`.
    verdict
        `approve` or `refuse`.
    note
        Stays with the answer.
    """
    host().prepare()
    database.ready()
    from sereno.runtime import services

    try:
        services.decide_approval(id, verdict == "approve", person(), note, via="command")
    except (ValueError, LookupError) as error:
        raise WrongUse(str(error.args[0] if error.args else error)) from None
    say("Approved." if verdict == "approve" else "Refused.")
