"""Risk as pages, API and command line tell it: verdicts, lists, rules, and what was learned. Reading only; see
`runtime.risk.reviewing` for what is decided."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import QuerySet

from sereno.commerce.merging import parts
from sereno.modules.risk import marks
from sereno.modules.risk import policy as policies
from sereno.modules.risk.models import RiskAssessment, RiskEntry, RiskOutbreak, RiskPolicy
from sereno.modules.risk.reasons import GROUPS, LEVELS, UNITS, detail_of, label_of, sentence_of
from sereno.modules.risk.rules import BY_CODE, RULES, Policy
from sereno.store.database import default_database
from sereno.store.documents import decode
from sereno.store.fields import from_micros, instant_text

WAITING = ("id", "key", "score", "level", "assessed_at", "data", "order_id", "number", "total", "currency", "email",
           "placed_at", "payment_status", "is_held")  # fmt: skip
MATCHED = 2000
"""Of so many that wait the searched ones are found."""
DECISIONS = ("released", "refused")
INSTANTS = ("assessed_at", "placed_at")


def waiting(shop_id: int, limit: int, after: str = "") -> list[dict[str, Any]]:
    """Orders that staff have to look at, the riskiest first; after the one that `place_of` names."""
    score, _dash, id_ = after.partition("-")
    is_first = not all(one.isascii() and one.isdigit() and len(one) < 19 for one in (score, id_))
    place = {"score": 1000, "after": 0} if is_first else {"score": int(score), "after": int(id_)}
    with default_database().read() as tx:
        rows = tx.all("risk_waiting", {"shop": shop_id, "limit": limit, **place})
    found = [dict(zip(WAITING, row, strict=True)) for row in rows]
    for one in found:
        record = decode(one.pop("data"))
        one |= {name: from_micros(one[name]) if one[name] is not None else None for name in INSTANTS}
        one |= {"reasons": said(record), "facts": record.get("facts") or {}, "is_held": bool(one["is_held"])}
        one["level_said"] = str(LEVELS.get(one["level"], one["level"]))
    return found


def waiting_among(shop_id: int, keys: Collection[str]) -> list[dict[str, Any]]:
    """Those of these orders that staff have to look at, the riskiest first."""
    wanted = set(keys)
    return [one for one in waiting(shop_id, MATCHED) if one["key"] in wanted] if wanted else []


def judged(shop_id: int, keys: Collection[str] | None, level: str = "", decision: str = "") -> QuerySet[RiskAssessment]:
    """Verdicts of a level or a decision, of these orders where some are named: found by the order, narrowed after."""
    rows = RiskAssessment.objects.filter(shop_id=shop_id)
    if keys is not None:
        rows = rows.filter(key__in=keys)
    if decision in DECISIONS:
        return rows.filter(decision=decision)
    return rows.filter(level=level) if level in LEVELS else rows


def place_of(one: Mapping[str, Any]) -> str:
    """Where an order stands in the queue, to ask for those after it."""
    return f"{one['score'] or 0}-{one['id']}"


def said(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reasons of a verdict, in words."""
    return [
        {
            "code": one.get("code"),
            "points": one.get("points"),
            "said": sentence_of(str(one.get("code")), one.get("facts") or {}),
            "label": label_of(str(one.get("code"))),
            "detail": detail_of(one.get("facts") or {}),
        }
        for one in parts(record.get("reasons"))
    ]


def assessment_of(shop_id: int, order: str) -> RiskAssessment | None:
    return RiskAssessment.objects.filter(shop=shop_id, key=order).first()


def told(row: RiskAssessment) -> dict[str, Any]:
    """One verdict, whole."""
    return {
        "order": row.key,
        "number": row.data.get("number"),
        "score": row.score or 0,
        "level": row.level or "low",
        "is_waiting": bool(row.is_waiting),
        "reasons": [{name: one[name] for name in ("code", "points", "said")} for one in said(row.data)],
        "facts": row.data.get("facts") or {},
        "chance": row.data.get("chance"),
        "assessed_at": instant_text(row.assessed_at),
        "decision": row.decision or None,
        "decided_by": row.data.get("decided_by"),
        "decided_at": row.data.get("decided_at"),
        "decision_note": row.data.get("decision_note"),
    }


def told_waiting(
    shop_id: int, limit: int, after: str = "", among: Collection[str] | None = None
) -> tuple[list[dict[str, Any]], str | None]:
    """The queue as the API tells it, and how to ask for the rest; None where that is all. `among`: only of these
    orders, in one go."""
    found = waiting(shop_id, limit + 1, after) if among is None else waiting_among(shop_id, among)
    following = place_of(found[limit - 1]) if len(found) > limit and among is None else None
    told = [
        {
            "order": one["key"],
            "number": one["number"],
            "score": one["score"],
            "level": one["level"],
            "reasons": [{name: reason[name] for name in ("code", "points", "said")} for reason in one["reasons"]],
            "total": one["total"],
            "currency": one["currency"],
            "email": one["email"],
            "is_held": one["is_held"],
            "placed_at": instant_text(one["placed_at"]),
            "assessed_at": instant_text(one["assessed_at"]),
        }
        for one in found[:limit]
    ]
    return told, following


def entry_told(row: RiskEntry) -> dict[str, Any]:
    return {
        "id": row.pk,
        "list": row.list,
        "kind": row.kind,
        "value": row.value,
        "reason": row.reason,
        "by": row.by,
        "at": instant_text(row.at),
        "expires_at": instant_text(row.expires_at),
    }


def outbreak_told(row: RiskOutbreak) -> dict[str, Any]:
    return {
        "id": row.pk,
        "item": row.item,
        "pattern": row.pattern,
        "units": row.units,
        "orders": row.orders,
        "first_at": instant_text(row.first_at),
        "last_at": instant_text(row.last_at),
    }


def policy_of(shop_id: int) -> tuple[Policy, Mapping[str, Any] | None]:
    """The shop's policy, and what was learned last."""
    row = RiskPolicy.objects.filter(shop=shop_id).first()
    return (policies.read(row.document, row.version), row.learned) if row else (Policy(), None)


def learned_told(learned: Mapping[str, Any] | None) -> dict[str, Any]:
    """How the learned score does beside the rules."""
    report: Mapping[str, Any] = (learned or {}).get("report") or {}
    names = ("reason", "orders", "bad", "judged", "judged_bad", "rules", "learned", "difference", "low", "high")
    return {"is_used": bool((learned or {}).get("model")), **{name: report.get(name) for name in names}}


def rules_told(policy: Policy) -> list[tuple[str, list[dict[str, Any]]]]:
    """The rules by group, each with its words and what holds for it."""
    found: dict[str, list[dict[str, Any]]] = {group: [] for group in GROUPS}
    for rule in RULES:
        held = policy.of(rule)
        found[rule.group].append(
            {
                "code": rule.code,
                "label": label_of(rule.code),
                "is_on": held.is_on,
                "points": held.points,
                "limit": None if held.limit is None else f"{held.limit:g}",
                "unit": str(UNITS.get(rule.unit, rule.unit)),
                "usual": BY_CODE[rule.code].points,
            }
        )
    return [(str(GROUPS[group]), rules) for group, rules in found.items() if rules]


def marks_in(kind: str, text: str) -> list[str]:
    """The marks of a text with one on each line. Raises ValueError for a line that is none."""
    return [marks.mark(kind, line.strip()) for line in text.splitlines() if line.strip()]


def marks_of(order: Mapping[str, Any], kinds: Sequence[str]) -> list[str]:
    """An order's marks of these kinds."""
    found = marks.marks_of(order)
    return [found[kind] for kind in kinds if kind in found]


def outbreaks(shop_id: int, limit: int) -> list[RiskOutbreak]:
    return list(RiskOutbreak.objects.filter(shop=shop_id).order_by("-last_at")[:limit])
