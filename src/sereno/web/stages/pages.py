"""The roll-out of a new version: where it stands, how it fares beside the live one, and the buttons up and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from sereno.runtime.staging import limits as stage_limits
from sereno.runtime.staging import stages
from sereno.runtime.staging.limits import Arm, measures
from sereno.runtime.staging.pairs import side_by_side
from sereno.runtime.staging.stages import StageRow, Terms
from sereno.store.database import default_database
from sereno.store.documents import decode
from sereno.store.fields import from_micros
from sereno.store.models import Flow
from sereno.web.access import StaffRequest, staff
from sereno.web.actions import carry_out
from sereno.web.live.reading import head_of
from sereno.web.live.wording import fate
from sereno.web.shell import render
from sereno.web.stages import wording
from sereno.web.subjects import labels

LIMITS = ("errors", "unsubscribes", "complaints", "bounces", "effects")


@require_GET
@staff()
def roll_out(request: StaffRequest, name: str) -> HttpResponse:
    """A flow's stage: the one under way, else the newest."""
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    with default_database().read() as tx:
        stage = stages.newest(tx, row.pk)
        live, candidate = stages.counts_of(tx, stage) if stage is not None else (Arm(), Arm())
        history = tx.all("stage_history", {"stage": stage.id}) if stage is not None else []
        before = tx.all("stages_before", {"flow": row.pk, "before": stage.id}) if stage is not None else []
        here = tx.one("standing_of_version", {"flow": row.pk, "version": stage.version}) if stage is not None else None
    head = head_of(row)
    context: dict[str, Any] = {
        **head,
        "view": "stage",
        "stage": stage,
        "can_start": row.version is not None
        and not row.is_derived
        and row.status != "paused"
        and head["has_unpublished"]
        and (stage is None or not stage.is_open),
        "limits": _limits(stage),
    }
    if stage is not None:
        context |= _shown(stage, live, candidate, was_in_shadow=any(line[3] == "shadow" for line in history))
        context |= {
            "here": here[0] if here else 0,
            "history": [
                (from_micros(at), by, wording.happened(what, share, decode(details), stage.version))
                for at, by, what, _mode, share, details in history
            ],
            "earlier": [
                (version, from_micros(begun), from_micros(over) if over else None, _outcome(outcome))
                for _id, version, _live, begun, over, outcome, _reason in before
            ],
        }
    return render(request, "stages/stage.html", context)


@require_GET
@staff()
def compared(request: StaffRequest, name: str) -> HttpResponse:
    """What the live version did beside what the new one would have done, event by event."""
    row = get_object_or_404(Flow, shop=request.shop, name=name)
    with default_database().read() as tx:
        stage = stages.newest(tx, row.pk)
    until = request.GET.get("until", "")
    is_only = request.GET.get("only") == "different"
    found = None
    if stage is not None:
        asked = int(until) if until.isascii() and until.isdigit() and len(until) < 19 else None
        found = side_by_side(request.shop.pk, stage, until=asked, only_different=is_only)
    rows = found.rows if found is not None else ()
    context = {
        **head_of(row),
        "view": "stage",
        "stage": stage,
        "found": found,
        "is_only": is_only,
        "counted": wording.counted(found.looked_at, found.differing) if found is not None else "",
        "rows": [
            (pair, from_micros(pair.at), [wording.differs(one, pair) for one in pair.differences]) for pair in rows
        ],
        "labels": labels(request.shop, [pair.subject for pair in rows]),
        "fate": lambda act: fate(act.status, act.result, act.error, request.shop.timezone),
    }
    return render(request, "stages/compared.html", context)


@require_POST
@staff("flows")
def start(request: StaffRequest, name: str) -> HttpResponse:
    """Publish the draft as a candidate: in shadow beside the live version, or to a share first."""
    post = request.POST
    is_shadow = post.get("how", "shadow") == "shadow"
    return _done(
        request,
        name,
        lambda: stages.start(
            request.shop.pk,
            name,
            request.user.username,
            share=None if is_shadow else _number(post.get("share")) or 5.0,
            note=post.get("note", "").strip()[:500],
            terms=terms_of(post) if "ladder" in post else None,
        ),
        _("The new version is in shadow beside the live one.") if is_shadow else _("The new version is on its way in."),
    )


@require_POST
@staff("flows")
def step(request: StaffRequest, name: str) -> HttpResponse:
    """Up one step."""
    post = request.POST
    seen = post.get("step", "")
    return _done(
        request,
        name,
        lambda: stages.step_up(
            request.shop.pk,
            name,
            request.user.username,
            share=_number(post.get("share")),
            inflight=_inflight(post, "finish"),
            expected=int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 9 else None,
        ),
        _("One step further."),
    )


@require_POST
@staff("flows")
def back(request: StaffRequest, name: str) -> HttpResponse:
    """The live version serves everybody again."""
    post = request.POST
    return _done(
        request,
        name,
        lambda: stages.go_back(
            request.shop.pk,
            name,
            request.user.username,
            _inflight(post, "finish"),
            post.get("reason", "").strip()[:500],
        ),
        _("Taken back. The live version serves everybody."),
    )


@require_POST
@staff("flows")
def terms(request: StaffRequest, name: str) -> HttpResponse:
    """Change the steps, the limits, and whether it goes up by itself."""
    return _done(
        request,
        name,
        lambda: stages.set_terms(request.shop.pk, name, request.user.username, terms_of(request.POST)),
        _("The steps and limits are changed."),
    )


def terms_of(post: QueryDict) -> Terms:
    """From the form. Raises ValueError."""
    limits = {kind: _number(post.get(f"limit-{kind}")) for kind in LIMITS}
    advance = {"hours": _number(post.get("hours")), "runs": _number(post.get("runs"))}
    by_itself = {key: value for key, value in advance.items() if value is not None}
    shares = [_number(part) for part in post.get("ladder", "").replace("%", " ").replace(";", " ").split() if part]
    ladder = [share for share in shares if share is not None] or None
    return Terms(ladder, limits, by_itself if post.get("up") == "itself" else {}, _inflight(post, "move"))


def _done(request: StaffRequest, name: str, what: Callable[[], Any], said: str) -> HttpResponse:
    get_object_or_404(Flow, shop=request.shop, name=name)
    carry_out(request, what, said)
    return redirect(reverse("flow-stage", args=(name,)))


def _number(text: str | None) -> float | None:
    """A number as people write it, with a comma or a point; None for an empty field. Raises ValueError."""
    plain = (text or "").strip().strip("%").strip().rstrip(",").replace(",", ".")
    if not plain:
        return None
    try:
        return float(plain)
    except ValueError:
        raise ValueError(_("“%(text)s” is not a number.") % {"text": plain[:40]}) from None


def _inflight(post: QueryDict, usual: Any) -> Any:
    given = post.get("inflight", usual)
    return given if given in stages.INFLIGHTS else usual


def _shown(stage: StageRow, live: Arm, candidate: Arm, *, was_in_shadow: bool) -> dict[str, Any]:
    found = measures(live, candidate, stage.limits, stage.share)
    other = measures(Arm(), live, stage.limits, stage.share)
    share = stage.share / 10_000
    return {
        "rungs": wording.rungs(stage, was_in_shadow=was_in_shadow),
        "lines": wording.lines(found, live, other, stage.limits.get("effects")),
        "live": live,
        "candidate": candidate,
        "ended": None if stage.is_open else wording.ended(stage),
        "ended_at": None if stage.ended_at is None else from_micros(stage.ended_at),
        "step_at": from_micros(stage.step_at),
        "served": wording.percent(share),
        "rest": wording.percent(1 - share),
        "next_said": wording.share_said(stage.next_share),
        "is_last": stage.next_share >= 10_000,
        "ladder_text": " ".join(f"{one / 100:g}" for one in stage.ladder),
        "was_in_shadow": was_in_shadow,
    }


def _limits(stage: StageRow | None) -> list[tuple[str, str, str]]:
    """Kind, label and value of each limit."""
    held: Mapping[str, float | None] = stage.limits if stage is not None else stage_limits.USUAL  # type: ignore[assignment]
    return [(kind, wording.limit_label(kind), _plain(held.get(kind))) for kind in LIMITS]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _outcome(code: str | None) -> str:
    return {
        "live": _("went all the way"),
        "returned": _("taken back by itself"),
        "stopped": _("taken back"),
        "replaced": _("another was published"),
    }.get(code or "", "")
