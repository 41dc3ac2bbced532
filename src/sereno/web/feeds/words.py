"""What faults, states and columns are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from sereno.runtime.feeds.outgoing import FIELDS
from sereno.runtime.feeds.sources import KIND
from sereno.sdk.plugin import registry
from sereno.sdk.tables import TableField

WHAT = {
    "orders": gettext_noop("Orders"),
    "stock": gettext_noop("Stock"),
    "products": gettext_noop("Products"),
    "customers": gettext_noop("Customers"),
}
WAYS = (
    ("hand", gettext_lazy("I upload them here")),
    ("folder", gettext_lazy("They are dropped into a folder")),
    ("address", gettext_lazy("Sereno fetches them from an address")),
)
FAULTS: Mapping[str, str] = {
    "row.too_long": gettext_noop("There are more values than columns"),
    "row.nameless": gettext_noop("It does not say which order or item it is"),
    "row.twice": gettext_noop("The same item stands there twice, with different figures"),
    "rows.disagree": gettext_noop("The rows of this order do not agree"),
    "value.missing": gettext_noop("There is nothing here"),
    "number.odd": gettext_noop("This is no number"),
    "amount.odd": gettext_noop("This is no amount"),
    "amount.ambiguous": gettext_noop("Does the comma part decimals or thousands? Say it under “How they are written”"),
    "time.odd": gettext_noop("This is no date"),
    "time.ambiguous": gettext_noop("Day or month first? Say which under “How they are written”"),
    "currency.odd": gettext_noop("This is no currency, such as EUR"),
    "email.odd": gettext_noop("This is no e-mail address"),
    "day.odd": gettext_noop("There is no such day"),
    "yes.odd": gettext_noop("This is neither yes nor no"),
    "consent.no_proof": gettext_noop("Who allows marketing has said so somewhere: a column must tell where"),
    "consent.no_date": gettext_noop("Who allows marketing has said so one day: a column must tell when"),
}  # fmt: skip
PROBLEMS: Mapping[str, str] = {
    "feed.no_table": gettext_noop("This is no table: its first line must name the columns."),
    "feed.lacks_columns": gettext_noop("Needed columns are missing: say which column holds them."),
    "feed.not_taken": gettext_noop("Nobody took it in within a day."),
    "store.no_answer": gettext_noop("The address does not answer."),
    "store.key_refused": gettext_noop("The address refuses the key."),
    "store.key_unreadable": gettext_noop("The key cannot be read here: give it again."),
    "store.blocked": gettext_noop("Sereno does not ask addresses of this kind: it is one of a private network."),
}
OUT: Mapping[str, str] = {
    "available": gettext_noop("How many may be sold"),
    "on_hand": gettext_noop("How many there are"),
    "availability": gettext_noop("In stock or not"),
    "price_and_currency": gettext_noop("Price with its currency"),
    "id": gettext_noop("Product"),
    "description": gettext_noop("Description"),
    "url": gettext_noop("Address of the page"),
    "image_url": gettext_noop("Picture"),
    "brand": gettext_noop("Brand"),
}
STATES = {
    "looked": ("eye", "info", gettext_noop("waits for you")),
    "waiting": ("clock", "", gettext_noop("waits")),
    "working": ("rotate-ccw", "lamp", gettext_noop("being taken in")),
    "done": ("circle-check", "ok", gettext_noop("taken in")),
    "same": ("minus", "", gettext_noop("as the one before")),
    "refused": ("circle-x", "bad", gettext_noop("not taken")),
}


@dataclass(frozen=True, slots=True)
class State:
    icon: str
    tone: str
    label: str


def state(status: str, held: int = 0) -> State:
    icon, tone, label = STATES[status]
    if status == "done" and held:
        return State("triangle-alert", "lamp", _("not whole"))
    return State(icon, tone, _(label))


def what(name: str) -> str:
    return _(WHAT[name]) if name else _("It is found out")


def fault(code: str) -> str:
    return _(FAULTS.get(code, code))


def problem(code: str | None) -> str:
    return _(PROBLEMS.get(code, code)) if code else ""


def fields() -> Sequence[TableField]:
    connector = registry().connectors.get(KIND)
    tables = connector.tables if connector is not None else None
    return tables.fields if tables is not None else ()


def field(name: str) -> str:
    return next((_(one.label) for one in fields() if one.name == name), name)


def field_options(of: str) -> list[tuple[str, str]]:
    return [("", _("left out")), *((one.name, _(one.label)) for one in fields() if not of or of in one.of)]


def out_field(name: str) -> str:
    known = {one.name: one.label for one in fields()}
    return _(OUT.get(name) or known.get(name, name))


def out_options(of: str) -> list[tuple[str, str]]:
    return [("", _("no column")), *((name, out_field(name)) for name in FIELDS[of])]
