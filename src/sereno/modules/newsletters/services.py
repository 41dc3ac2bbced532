"""What pages, the API and the command line show of newsletters. Reading only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from sereno.modules.newsletters.models import Newsletter, NewsletterCount
from sereno.store.database import default_database

MOST_ORDERS = 5000
FIGURES = (
    *("pieces", "sent", "delivered", "opened", "machine_opened", "clicked", "ordered"),
    *("unsubscribed", "complained", "bounced", "skipped", "failed", "unknown"),
)


@dataclass(frozen=True, slots=True)
class Standing:
    """The numbers of one newsletter. `left` are those preparing passed over, `reasons` why pieces did not go,
    `arms` by variant of a trial."""

    whole: Mapping[str, int]
    left: Mapping[str, int] = field(default_factory=dict[str, int])
    reasons: Mapping[str, int] = field(default_factory=dict[str, int])
    arms: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])

    @property
    def waiting(self) -> int:
        """Those whose turn has not come."""
        over = sum(self.whole[name] for name in ("sent", "skipped", "failed", "unknown"))
        return max(0, self.whole["pieces"] - over)


def standings(ids: list[int]) -> dict[int, Standing]:
    """By newsletter, in one query."""
    rows = NewsletterCount.objects.filter(newsletter_id__in=ids).values_list(
        "newsletter_id", "variant", "name", "number"
    )
    held: dict[int, list[tuple[str, str, int]]] = {id_: [] for id_ in ids}
    for id_, variant, name, number in rows:
        held[id_].append((variant, name, number))
    return {id_: _standing(found) for id_, found in held.items()}


def _standing(rows: list[tuple[str, str, int]]) -> Standing:
    whole = dict.fromkeys(FIGURES, 0)
    left: dict[str, int] = {}
    reasons: dict[str, int] = {}
    arms: dict[str, dict[str, int]] = {}
    for variant, name, number in rows:
        kind, colon, reason = name.partition(":")
        if colon and number:
            held = left if kind == "left" else reasons
            held[reason] = held.get(reason, 0) + number
        elif not colon:
            whole[name] = whole.get(name, 0) + number
            if variant:
                arms.setdefault(variant, dict.fromkeys(FIGURES, 0))[name] = number
    by_number = {name: number for name, number in sorted(left.items(), key=lambda item: -item[1]) if number}
    return Standing(whole, by_number, dict(sorted(reasons.items(), key=lambda item: -item[1])), arms)


def worth(id: int) -> dict[str, Decimal]:
    """What was ordered after it, by currency; of the first `MOST_ORDERS` orders."""
    found: dict[str, Decimal] = {}
    with default_database().read() as tx:
        for currency, total in tx.all("newsletter_worth", {"id": id, "limit": MOST_ORDERS}):
            try:
                found[str(currency)] = found.get(str(currency), Decimal()) + Decimal(str(total))
            except InvalidOperation:
                continue
    return found


def subject_of(document: Mapping[str, Any] | None, locale: str) -> str:
    """The message's own subject in a language, else in the first it has."""
    texts: Mapping[str, Any] = (document or {}).get("texts") or {}
    held = [texts.get(name) or {} for name in (locale, *((document or {}).get("languages") or ()))]
    return next((str(one["subject"]) for one in held if one.get("subject")), "")


def public_ones(shop_id: int) -> Any:
    """Of the archive, the newest first."""
    return Newsletter.objects.filter(shop_id=shop_id, is_public=True, status="sent").order_by("-finished_at")
