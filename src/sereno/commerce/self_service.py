"""What a customer may still change of an order, and what the change costs; what an order paid at the door costs when it
is paid before. Pure.

Invariant: what is not known counts against the change: an order that nobody said the time of has no window.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, Literal, cast

from sereno.commerce.merging import micros, parts
from sereno.commerce.money import Money, finite

Record = Mapping[str, Any]
Kind = Literal["address", "items", "cancel"]
KINDS: tuple[Kind, ...] = ("address", "items", "cancel")
SETTING = "self_service"
LONGEST = 60 * 24 * 30
"""Minutes a window may last."""
MOST_PIECES = 9999
ADDRESS = ("name", "company", "line1", "line2", "postal_code", "city", "region", "phone")
"""What a customer types; the country stays, for what sending costs hangs on it."""
LONGEST_LINE = 120

REQUESTED, CHANGED, REFUSED = "order.change_requested", "order.changed", "order.change_refused"
SENT = frozenset(
    {"shipment.shipped", "shipment.in_transit", "shipment.out_for_delivery", "shipment.delivered", "order.fulfilled",
     "order.partially_fulfilled", "order.delivered", "order.completed"}
)  # fmt: skip
PASSED: Mapping[str, frozenset[str]] = {
    "routed": frozenset({"order.routed"}),
    "picked": frozenset({"pick_ticket.created"}),
    "label": frozenset({"fulfillment.created", "shipment.created"}),
}
"""By the step after which nothing may change any more, the events that say it was taken; each includes those after."""
STEPS = tuple(PASSED)
WATCHED = frozenset(one for group in PASSED.values() for one in group) | SENT | {"order.cancelled", "order.deleted"}
_PLACE = re.compile(r"\{(order|number|amount|currency|email|reference)\}")


class RulesInvalid(ValueError):  # noqa: N818
    """`problems` are (field, what is wrong), in English."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{field}: {what}" for field, what in problems))
        self.problems = tuple(problems)


class ChangeRefused(ValueError):  # noqa: N818
    """The change is not made. `code` is stable; its words are in `modules.orders.reasons`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Rules:
    """A shop's own. `minutes` after the order was placed and until `until` whatever stands in `can` may be changed;
    `takes_more`: also to more pieces than were ordered. `pay_url` is where what is still to be paid is paid, with
    `{order} {number} {amount} {currency} {email} {reference}` filled in; empty: the order's own page in the store."""

    is_on: bool = False
    minutes: int = 60
    until: str = "picked"
    can: tuple[str, ...] = KINDS
    takes_more: bool = False
    pay_url: str = ""

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "can": list(self.can)}


def rules_of(settings: Record) -> Rules:
    """Those of the shop with these settings; self-service is off where none were ever kept."""
    kept = settings.get(SETTING)
    try:
        return Rules() if kept is None else read_rules(kept)
    except RulesInvalid:
        return Rules()


def read_rules(document: Any) -> Rules:
    """Raises RulesInvalid with every field that is wrong."""
    if not isinstance(document, Mapping):
        raise RulesInvalid([("", "rules are an object of fields")])
    usual, given = Rules().document(), cast("Mapping[str, Any]", document)
    wrong = [(str(name), "there is no such rule") for name in given if name not in usual]
    held: dict[str, Any] = {**usual, **{name: value for name, value in given.items() if name in usual}}
    wrong += [(name, "is true or false") for name in ("is_on", "takes_more") if not isinstance(held[name], bool)]
    minutes = held["minutes"]
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= LONGEST:
        wrong.append(("minutes", f"is a whole number from 1 to {LONGEST}"))
    if held["until"] not in STEPS:
        wrong.append(("until", f"is one of {', '.join(STEPS)}"))
    can = held["can"]
    if not isinstance(can, list | tuple) or any(one not in KINDS for one in cast("Sequence[object]", can)):
        wrong.append(("can", f"is a list of {', '.join(KINDS)}"))
    if problem := _bad_address(held["pay_url"]):
        wrong.append(("pay_url", problem))
    if wrong:
        raise RulesInvalid(wrong)
    kept = tuple(one for one in KINDS if one in can)
    return Rules(held["is_on"], minutes, held["until"], kept, held["takes_more"], held["pay_url"].strip())


def _bad_address(text: Any) -> str | None:
    if not isinstance(text, str) or len(text) > 1000:
        return "is an address of at most 1,000 characters"
    if text.strip() and not re.match(r"https://[^\s{}/]+(/|$|\?)", text.strip()):
        return "begins with https:// and a host's name, such as https://pay.example.com/?ref={reference}"
    if "{" in _PLACE.sub("", text):
        return "knows {order} {number} {amount} {currency} {email} {reference} only"
    return None


@dataclass(frozen=True, slots=True)
class Window:
    """What may be changed now, and until when; `why` is the code of the reason where it is nothing."""

    kinds: tuple[str, ...] = ()
    until: datetime | None = None
    why: str = ""


def judge(rules: Rules, order: Record, passed: Collection[str], now: datetime, *, is_changing: bool = False) -> Window:
    """`passed` are the types of events known of the order, as far as they are in `WATCHED`."""
    why = _closed(rules, order, frozenset(passed))
    if why:
        return Window(why=why)
    at = micros(order.get("placed_at"))
    if at is None:
        return Window(why="change.unknown")
    until = datetime.fromtimestamp(at / 1_000_000, now.tzinfo) + timedelta(minutes=rules.minutes)
    if now >= until:
        return Window(until=until, why="change.too_late")
    if is_changing:
        return Window(until=until, why="change.under_way")
    return Window(tuple(one for one in rules.can if one != "address" or order.get("shipping_address")), until)


def _closed(rules: Rules, order: Record, passed: frozenset[str]) -> str:
    if not rules.is_on or not rules.can:
        return "change.off"
    if order.get("status") in ("cancelled", "deleted") or passed & {"order.cancelled", "order.deleted"}:
        return "change.cancelled"
    is_sent = order.get("fulfillment_status") in ("partial", "fulfilled") or order.get("status") == "completed"
    if is_sent or passed & SENT:
        return "change.sent"
    for step in STEPS[STEPS.index(rules.until) :]:
        if passed & PASSED[step] or (step == "label" and order.get("fulfillments")):
            return f"change.{step}"
    return ""


# --- the change -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """What is asked for. `address` is a canonical address, whole; `lines` are (line's id, how many now)."""

    kind: Kind
    address: Record | None = None
    lines: tuple[tuple[str, int], ...] = ()


def lines_of(order: Record) -> list[dict[str, Any]]:
    """Lines that can be changed: those with an id and a whole quantity that are no part of a bundle."""
    return [
        {**line, "id": str(line["id"])}
        for line in parts(order.get("lines"))
        if line.get("id") is not None
        and line.get("parent_line_id") is None
        and (amount := line.get("quantity")) is not None
        and not isinstance(amount, bool)
        and isinstance(amount, int | float)
        and amount > 0
        and amount == int(amount)
    ]


def read_items(order: Record, given: Mapping[str, Any], *, takes_more: bool) -> Change:
    """Of quantities by line's id. Raises ChangeRefused."""
    held = {line["id"]: int(line["quantity"]) for line in lines_of(order)}
    wanted: dict[str, int] = {}
    for line, amount in given.items():
        if line not in held:
            raise ChangeRefused("change.line_unknown")
        text = str(amount).strip()
        if not (text.isascii() and text.isdigit()) or int(text[:9]) > MOST_PIECES:
            raise ChangeRefused("change.quantity")
        if int(text) > held[line] and not takes_more:
            raise ChangeRefused("change.more")
        if int(text) != held[line]:
            wanted[line] = int(text)
    if not wanted:
        raise ChangeRefused("change.nothing")
    if not any({**held, **wanted}.values()):
        raise ChangeRefused("change.empty")
    return Change("items", lines=tuple(sorted(wanted.items())))


def read_address(order: Record, given: Mapping[str, Any]) -> Change:
    """The order's address with what was typed in its place. Raises ChangeRefused. Whether it is one at all is for the
    caller to check."""
    known = order.get("shipping_address")
    if not isinstance(known, Mapping):
        raise ChangeRefused("change.no_address")
    held = cast("Mapping[str, Any]", known)
    typed = {name: " ".join(str(given.get(name) or "").split()) for name in ADDRESS if name in given}
    if any(len(text) > LONGEST_LINE or "\0" in text for text in typed.values()):
        raise ChangeRefused("change.too_long")
    whole: dict[str, Any] = {**held, **{name: text or None for name, text in typed.items()}}
    changed = {name for name in typed if (whole[name] or "") != str(held.get(name) or "")}
    if "name" in changed:
        first, _, last = (typed["name"]).partition(" ")
        whole |= {"first_name": first or None, "last_name": last or None}
    if "region" in changed:
        whole["region_code"] = None
    if not changed:
        raise ChangeRefused("change.nothing")
    return Change("address", address={name: value for name, value in whole.items() if value is not None})


def lines_after(order: Record, lines: Sequence[tuple[str, int]]) -> list[dict[str, Any]]:
    """The order's lines once these are changed; those of which none is left are gone."""
    wanted = dict(lines)
    changed = [{**line, "quantity": wanted.get(str(line.get("id")), line.get("quantity"))} for line in _all(order)]
    return [line for line in changed if line["quantity"] != 0]


def difference(order: Record, lines: Sequence[tuple[str, int]]) -> Decimal | None:
    """About what the goods cost more (less: below zero) then, by the lines' own totals; None where those are unknown.
    Sending and tax are the store's to reckon."""
    wanted = dict(lines)
    found = Decimal(0)
    for line in lines_of(order):
        if line["id"] not in wanted:
            continue
        count = Decimal(int(line["quantity"]))
        total, price = finite(line.get("total")), finite(line.get("price"))
        each = total / count if total is not None else price
        if each is None:
            return None
        found += each * (wanted[line["id"]] - count)
    return found


def before(order: Record) -> dict[str, Any]:
    """What `due` needs to know of the order as it was."""
    return {
        "change_total_before": order.get("total"),
        "change_refunded_before": order.get("total_refunded"),
        "change_payment_before": order.get("payment_status"),
    }


def due(was: Record, order: Record) -> Decimal | None:
    """What is still to be paid after the change (below zero: to be given back): by how much the order costs more than
    `was`, and what the platform itself gave back meanwhile. 0 where nothing had been paid; None where it is unknown."""
    if was.get("change_payment_before") not in ("paid", "partially_refunded", "authorized"):
        return Decimal(0)
    old, new = finite(was.get("change_total_before")), finite(order.get("total"))
    if old is None or new is None:
        return None
    back = finite(order.get("total_refunded")) or Decimal(0)
    found = new - old + back - (finite(was.get("change_refunded_before")) or Decimal(0))
    # What was only authorized is not taken in full later; nothing has to be given back.
    return max(found, Decimal(0)) if was.get("change_payment_before") == "authorized" else found


# --- paying before ----------------------------------------------------------------------------------


def prepaid(total: Money, percent: Decimal | None, amount: Decimal | None) -> tuple[Money, Money]:
    """(What is to be paid now, the discount): `percent` of the total and `amount`, rounded down to what can be paid;
    never more than the total."""
    off = (total.amount * (percent or 0) / 100) + (amount or 0)
    step = Decimal(1).scaleb(-len(Money.from_minor(1, total.currency).text.partition(".")[2]))
    discount = Money(min(off, total.amount).quantize(step, ROUND_DOWN), total.currency)
    return total - discount, discount


def paid_before(order: Record, wanted: Decimal) -> Decimal | None:
    """How much was paid of an order that was to be paid at the door, once at least `wanted` was: the smallest payment
    that is enough, for one and the same may be told by the store and by whoever took it; None where it is not paid."""
    enough = [
        amount
        for one in parts(order.get("payments"))
        if one.get("status") == "captured"
        and not one.get("is_test")
        and one.get("currency") in (None, order.get("currency"))
        and (amount := finite(one.get("amount"))) is not None
        and amount >= wanted
    ]
    if enough:
        return min(enough)
    return finite(order.get("total")) if order.get("payment_status") == "paid" else None


def prepay_state(order: Record, standing: Record, now: datetime) -> tuple[str | None, str]:
    """(How much is to be paid by the customer's link now, what for: `prepay` or `difference`), or None and why nothing
    is, as a code."""
    if order.get("status") in ("cancelled", "deleted"):
        return None, "pay.cancelled"
    if standing.get("is_held") and standing.get("due_amount") and "payment.due" in (standing.get("hold_reasons") or ()):
        return str(standing["due_amount"]), "difference"
    if standing.get("is_prepaid") or order.get("payment_status") == "paid":
        return None, "pay.paid"
    if order.get("fulfillment_status") in ("partial", "fulfilled"):
        return None, "pay.sent"
    if not standing.get("prepay_amount"):
        return None, "pay.nothing"
    until = micros(standing.get("prepay_until"))
    if until is None or until <= now.timestamp() * 1_000_000:
        return None, "pay.expired"
    return str(standing["prepay_amount"]), "prepay"


def pay_address(rules: Rules, order: Record, amount: Money, reference: str) -> str | None:
    """Where the customer pays; None where the shop has not said and the store has no page of the order."""
    from urllib.parse import quote

    if not rules.pay_url:
        url = order.get("status_url")
        return url if isinstance(url, str) and url.startswith("https://") else None
    said = {
        "order": order.get("id"), "number": order.get("number"), "amount": amount.text, "currency": amount.currency,
        "email": order.get("email"), "reference": reference,
    }  # fmt: skip
    return _PLACE.sub(lambda found: quote(str(said[found.group(1)] or ""), safe=""), rules.pay_url)


def _all(order: Record) -> list[dict[str, Any]]:
    return [dict(line) for line in parts(order.get("lines"))]
