"""`sereno flow apply | export | publish | pause | resume | list | templates | start`: flows of a shop."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from cyclopts import Parameter

from sereno.cli import database
from sereno.cli.flows import documents
from sereno.cli.flows.checking import published
from sereno.cli.host import host
from sereno.cli.lists.rows import person
from sereno.cli.narrowing import Flag, Json, ShopName, flow_named, shop_named
from sereno.cli.output import Failed, WrongUse, emit, instant, no_such, note, refusals, say, table

Inflight = Literal["finish", "move", "end"]


def apply(
    *files: str,
    shop: ShopName = None,
    draft: Flag = False,
    shadow: Flag = False,
    inflight: Inflight = "finish",
    message: Annotated[str, Parameter(alias="-m")] = "",
    json: Json = False,
) -> None:
    """Bring flow files in and publish what changed. Applying the same file again changes nothing.

    Parameters
    ----------
    files
        Flow files, folders of them, or - for standard input.
    draft
        Save them as drafts and publish nothing.
    shadow
        Publish them in shadow mode: everything is decided and recorded, nothing is sent.
    inflight
        What becomes of the runs under way: finish on their version, move to the new one, or end.
    message
        A word about the change, kept with the version.
    """
    read = documents.read(files)
    plugins = host().prepare()
    database.ready()
    place = shop_named(shop)
    checked = []
    for document in read:
        flow, problems = documents.check(document, plugins, place)
        if flow is None:
            raise Failed("nothing was applied:\n" + "\n".join(documents.problem_lines(document, problems)))
        checked.append((document, flow))
    for _document, flow in checked:
        _warn(place, flow.document, is_shadow=draft or shadow)
    report = [
        _apply_one(place, document, flow, draft=draft, shadow=shadow, inflight=inflight, message=message)
        for document, flow in checked
    ]
    if json:
        emit(report)
        return
    for item in report:
        version = f", version {item['version']}" if item["version"] else ""
        runs = f", {item['runs']} runs under way {_INFLIGHT[inflight]}" if item["runs"] else ""
        say(f"{item['flow']}: {item['result']}{version}{runs}")


def _warn(place: Any, document: Mapping[str, Any], *, is_shadow: bool = False) -> None:
    """Of steps that cannot do anything in the shop's own platform; in shadow they need not."""
    from sereno.runtime.stores.abilities import lacking_steps, said
    from sereno.sdk.plugin import registry

    if not is_shadow:
        for path, action, lack in lacking_steps(registry(), place.pk, document):
            note(f"step {path}: {action}: {said(lack)}")


_INFLIGHT = {"finish": "finish on theirs", "move": "move to it", "end": "were ended"}


def _apply_one(
    place: Any, document: documents.Document, flow: Any, *, draft: bool, shadow: bool, inflight: Inflight, message: str
) -> dict[str, Any]:
    from sereno.engine.flow import to_yaml
    from sereno.runtime import services
    from sereno.store.models import Flow

    before = published(place, flow.name)
    if before is not None and before == to_yaml(flow.document):
        row = Flow.objects.get(shop=place, name=flow.name)
        return {"flow": flow.name, "result": "unchanged", "version": row.version, "runs": 0, "status": row.status}
    with refusals():
        services.save_draft(place.pk, document.text, person())
    if draft:
        return {"flow": flow.name, "result": "saved as a draft", "version": None, "runs": 0, "status": "draft"}
    runs = _under_way(place, flow.name)
    number = services.publish(place.pk, flow.name, person(), message, inflight)
    if shadow:
        services.set_status(place.pk, flow.name, "shadow", person())
    row = Flow.objects.get(shop=place, name=flow.name)
    result = "published" if before is None else "changed and published"
    return {"flow": flow.name, "result": result, "version": number, "runs": runs, "status": row.status}


def _under_way(place: Any, name: str) -> int:
    from sereno.engine.run import LIVE
    from sereno.store.models import Run

    return Run.objects.filter(shop=place, flow__name=name, status__in=LIVE).count()


def export(name: str, /, *, shop: ShopName = None, draft: Flag = False) -> None:
    """Write a flow as YAML on standard output, as it is published.

    Parameters
    ----------
    name
        The flow.
    draft
        The draft instead of the published version.
    """
    place = _place(shop)
    from sereno.store.models import FlowVersion

    row = flow_named(place, name)
    is_draft = draft or row.version is None
    text = row.draft if is_draft else FlowVersion.objects.get(flow=row, number=row.version).document
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def publish(
    name: str,
    /,
    *,
    shop: ShopName = None,
    inflight: Inflight = "finish",
    message: Annotated[str, Parameter(alias="-m")] = "",
    json: Json = False,
) -> None:
    """Publish the draft of a flow, and make it live.

    Parameters
    ----------
    name
        The flow; a file is taken in as the draft first.
    inflight
        What becomes of the runs under way: finish on their version, move to the new one, or end.
    message
        A word about the change, kept with the version.
    """
    place = _place(shop)
    from sereno.engine.catalog import FlowInvalid
    from sereno.runtime import drafting, services

    if name.endswith((".yaml", ".yml")):
        name = _take_draft(place, name)
    row = flow_named(place, name)
    runs = _under_way(place, name)
    try:
        number = services.publish(place.pk, name, person(), message, inflight)
    except FlowInvalid as error:
        raise Failed(f"the draft of {name} cannot be published:\n{error}") from error
    _warn(place, drafting.open_draft(place.pk, name).document or {}, is_shadow=row.status == "shadow")
    if json:
        emit({"flow": name, "version": number, "runs": runs})
    else:
        say(f"{name}: version {number} is live" + (f", {runs} runs under way {_INFLIGHT[inflight]}" if runs else ""))


def _take_draft(place: Any, path: str) -> str:
    """Save the file as a draft; gives the flow's name."""
    from sereno.runtime import services

    (document,) = documents.read([path])
    flow, problems = documents.check(document, host().prepare(), place)
    if flow is None:
        raise Failed("\n".join(documents.problem_lines(document, problems)))
    with refusals():
        services.save_draft(place.pk, document.text, person())
    return flow.name


def pause(name: str, /, *, shop: ShopName = None, reason: str = "") -> None:
    """Stop a flow from starting runs. Runs under way keep still until it goes on.

    Parameters
    ----------
    name
        The flow.
    reason
        Why, for whoever wonders later.
    """
    _set(shop, name, "paused", reason)
    say(f"{name} is paused. `sereno flow resume {name}` lets it go on.")


def resume(name: str, /, *, shop: ShopName = None) -> None:
    """Let a paused flow go on.

    Parameters
    ----------
    name
        The flow.
    """
    _set(shop, name, "live", "")
    say(f"{name} is live.")


def _set(shop: str | None, name: str, status: str, reason: str) -> None:
    place = _place(shop)
    from sereno.runtime import services

    row = flow_named(place, name)
    if row.version is None:
        raise Failed(f"{name} was never published: `sereno flow publish {name}`")
    with refusals():
        services.set_status(place.pk, name, status, person(), reason)


def list_flows(
    *names: str,
    shop: ShopName = None,
    derived: Flag = False,
    json: Json = False,
) -> None:
    """List the flows, with how many runs are under way.

    Parameters
    ----------
    names
        Only these; without any, all.
    derived
        Those every shop has by itself too, which find facts such as checkout.abandoned.
    """
    from django.db.models import Count, Q

    host().prepare()
    database.ready()
    from sereno.engine.run import LIVE
    from sereno.store.models import Flow

    query = Flow.objects.select_related("shop").order_by("shop__slug", "name")
    if shop:
        query = query.filter(shop=shop_named(shop))
    if names:
        query = query.filter(name__in=names)
    elif not derived:
        query = query.filter(is_derived=False)
    query = query.annotate(runs=Count("run"), live=Count("run", filter=Q(run__status__in=LIVE)))
    rows = [
        {
            "flow": row.name,
            "shop": row.shop.slug,
            "title": row.title,
            "status": row.status,
            "version": row.version,
            "runs": row.runs,
            "under_way": row.live,
            "paused_reason": row.paused_reason,
            "updated_at": instant(row.updated_at),
        }
        for row in query
    ]
    if json:
        emit(rows)
        return
    columns = ["FLOW", "SHOP", "TITLE", "STATUS", "VERSION", "RUNS", "UNDER WAY"]
    table(columns, [list(row.values())[:7] for row in rows], empty="None. `sereno flow templates` lists ready ones.")


def templates(
    *,
    install: str | None = None,
    shop: ShopName = None,
    draft: Flag = False,
    json: Json = False,
) -> None:
    """List the ready flows, or install one (or `all`).

    Parameters
    ----------
    install
        The flow to install and publish; `all` for every one.
    draft
        Install it as a draft only.
    """
    host().prepare(needs_data=install is not None)
    from sereno.sdk.templates import shipped_flows

    shipped = {item.name: item for item in shipped_flows()}
    if install is None:
        rows = [{"name": item.name, "title": item.title, "room": item.room} for item in shipped.values()]
        if json:
            emit(rows)
        else:
            table(["NAME", "TITLE", "ROOM"], [list(row.values()) for row in rows], empty="None.")
            say("\nInstall one: sereno flow templates --install NAME")
        return
    if install != "all" and install not in shipped:
        raise no_such("ready flow", install, [*shipped, "all"])
    database.ready()
    place = shop_named(shop)
    chosen = list(shipped.values()) if install == "all" else [shipped[install]]
    report = []
    for item in chosen:
        document = documents.Document(item.name, item.text)
        flow, problems = documents.check(document, host().prepare())
        if flow is None:
            raise Failed("\n".join(documents.problem_lines(document, problems)))
        report.append(
            _apply_one(place, document, flow, draft=draft, shadow=False, inflight="finish", message="from the library")
        )
    if json:
        emit(report)
    else:
        for item in report:
            say(f"{item['flow']}: {item['result']}" + (f", version {item['version']}" if item["version"] else ""))


def start(name: str, subject: str, /, *, shop: ShopName = None) -> None:
    """Start a flow by hand for one subject. The flow must have a `manual` trigger.

    Parameters
    ----------
    name
        The flow.
    subject
        Whom or what it is for, such as order:1001.
    """
    place = _place(shop)
    from sereno.runtime import services

    flow_named(place, name)
    if ":" not in subject:
        raise WrongUse(f"{subject!r} is not a subject: write kind:id, such as order:1001")
    with refusals():
        services.start_by_hand(place.pk, name, subject, person())
    say(f"{name} was asked for {subject}; the worker starts it.")


def _place(shop: str | None) -> Any:
    host().prepare()
    database.ready()
    return shop_named(shop)
