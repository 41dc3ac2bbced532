"""`sereno webhook`: whom Sereno tells of its own events."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from sereno.cli import database
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Json, ShopName, shop_named
from sereno.cli.output import WrongUse, card, emit, instant, no_such, say, table

webhook = App(name="webhook", help="Webhooks to other systems.", help_format="plaintext")


def _prepare() -> None:
    host().prepare()
    database.ready()


@webhook.command(name="add")
def add_webhook(
    name: str,
    url: str,
    /,
    *,
    event: Annotated[list[str] | None, Parameter(negative=(), help="A type of event; may be repeated.")] = None,
    shop: ShopName = None,
    json: Json = False,
) -> None:
    """Tell another system of Sereno's own events. The signing secret is printed once.

    Parameters
    ----------
    name
        What it is called here.
    url
        Where messages are posted to.
    event
        Types of events; all of them when left out. `sereno webhook types` lists them.
    """
    _prepare()
    from sereno.runtime import webhooks

    place = shop_named(shop)
    try:
        id_, secret = webhooks.create_webhook(place.pk, name, url, event or ["*"], person())
    except ValueError as error:
        raise WrongUse(str(error)) from None
    if json:
        emit({"id": id_, "name": name, "url": url, "secret": secret})
        return
    say(f"Webhook {id_} is made. Its secret, shown only now:\n\n{secret}\n")
    say(f"Try it: sereno webhook test {id_}")


@webhook.command(name="list")
def list_webhooks(*, shop: ShopName = None, json: Json = False) -> None:
    """List the webhooks and how they fare."""
    _prepare()
    from sereno.store.models import Webhook

    found = Webhook.objects.select_related("shop").order_by("id")
    if shop:
        found = found.filter(shop=shop_named(shop))
    rows = [_row(one) for one in found]
    if json:
        emit(rows)
        return
    columns = ("id", "name", "url", "status", "types", "succeeded_at", "failing_since")
    lines = ([", ".join(row[name]) if name == "types" else row[name] for name in columns] for row in rows)
    table([name.replace("_", " ").upper() for name in columns], lines, empty="There is no webhook: sereno webhook add")


@webhook.command(name="show")
def show_webhook(id: int, /, *, json: Json = False) -> None:
    """Show one webhook and its last messages."""
    row = _find(id)
    from sereno.runtime.hooks import DELIVER
    from sereno.store.models import Effect

    found = Effect.objects.filter(run_id=row.run, action=DELIVER).order_by("-id")[:20]
    sent = [
        {
            "id": one.key,
            "type": one.config.get("type"),
            "status": one.status,
            "attempts": one.attempts,
            "at": instant(one.created_at),
            "message": one.message,
        }
        for one in found
    ]
    if json:
        emit({**_row(row), "messages": sent})
        return
    card({**_row(row), "types": ", ".join(row.types)})
    say()
    lines = ([one[name] for name in ("at", "type", "status", "attempts", "message")] for one in sent)
    table(["AT", "TYPE", "STATUS", "TRIES", "MESSAGE"], lines, empty="No message yet.")


@webhook.command(name="test")
def send_test(id: int, /) -> None:
    """Send a test message; `sereno webhook show` says what became of it."""
    row = _find(id)
    from sereno.runtime import webhooks

    try:
        key = webhooks.test_webhook(row.shop_id, row.pk, person())
    except ValueError as error:
        raise WrongUse(str(error)) from None
    say(f"{key} is on its way, as soon as a worker runs.")


@webhook.command(name="rotate")
def rotate_secret(id: int, /) -> None:
    """Make a new secret, printed once. The one before signs beside it until the next time."""
    row = _find(id)
    from sereno.runtime import webhooks

    say(webhooks.rotate_webhook_secret(row.shop_id, row.pk, person()))


@webhook.command(name="pause")
def pause_webhook(id: int, /) -> None:
    """Let messages wait."""
    _set_status(id, "paused")


@webhook.command(name="resume")
def resume_webhook(id: int, /) -> None:
    """Let messages go out, also those of a webhook that was switched off."""
    _set_status(id, "active")


@webhook.command(name="remove")
def remove_webhook(id: int, /) -> None:
    """Take it away. Messages that have not gone are taken back."""
    row = _find(id)
    from sereno.runtime import webhooks

    webhooks.remove_webhook(row.shop_id, row.pk, person())
    say(f"{row.name} is removed.")


@webhook.command(name="types")
def list_types(*, json: Json = False) -> None:
    """List what a webhook can be told of."""
    from sereno.runtime.hooks import TYPES

    if json:
        emit([{"type": name, "description": what} for name, what in TYPES.items()])
        return
    table(["TYPE", "WHEN"], ([name, what] for name, what in TYPES.items()), empty="")


def _set_status(id: int, status: Any) -> None:
    row = _find(id)
    from sereno.runtime import webhooks

    webhooks.set_webhook_status(row.shop_id, row.pk, status, person())
    say(f"{row.name} is {status}.")


def _find(id: int) -> Any:
    _prepare()
    from sereno.store.models import Webhook

    row = Webhook.objects.filter(pk=id).first()
    if row is None:
        known = [str(one) for one in Webhook.objects.order_by("id").values_list("id", flat=True)]
        raise no_such("webhook", str(id), known)
    return row


def _row(row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "url": row.url,
        "types": row.types,
        "status": row.status,
        "reason": row.reason,
        "succeeded_at": instant(row.succeeded_at),
        "failing_since": instant(row.failing_since),
    }
