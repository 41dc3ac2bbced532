"""What faults, states and columns are called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.runtime.feeds.outgoing import FIELDS
from sereno.runtime.feeds.sources import KIND
from sereno.sdk.plugin import registry
from sereno.sdk.tables import TableField

WHAT = {
    "orders": mark("Orders"),
    "stock": mark("Stock"),
    "products": mark("Products"),
    "customers": mark("Customers"),
}
WAYS = (
    ("hand", mark("I upload them here")),
    ("folder", mark("They are dropped into a folder")),
    ("address", mark("Sereno fetches them from an address")),
)
FAULTS: Mapping[str, str] = {
    "row.too_long": mark("There are more values than columns"),
    "row.nameless": mark("It does not say which order or item it is"),
    "row.twice": mark("The same item stands there twice, with different figures"),
    "rows.disagree": mark("The rows of this order do not agree"),
    "value.missing": mark("There is nothing here"),
    "number.odd": mark("This is no number"),
    "amount.odd": mark("This is no amount"),
    "amount.ambiguous": mark("Does the comma part decimals or thousands? Say it under “How they are written”"),
    "time.odd": mark("This is no date"),
    "time.ambiguous": mark("Day or month first? Say which under “How they are written”"),
    "currency.odd": mark("This is no currency, such as EUR"),
    "email.odd": mark("This is no e-mail address"),
    "phone.odd": mark("This is no telephone number"),
    "country.odd": mark("This is no country: write its name or its two letters, such as ES"),
    "language.odd": mark("This is no language: write its name or its letters, such as es"),
    "text.lost": mark("Letters were lost here before the file came: look them up where it was made"),
    "day.odd": mark("Nobody can be born on this day"),
    "yes.odd": mark("This is neither yes nor no"),
    "consent.no_proof": mark("Who allows marketing has said so somewhere: a column must tell where"),
    "consent.no_date": mark("Who allows marketing has said so one day: a column must tell when"),
}  # fmt: skip
PROBLEMS: Mapping[str, str] = {
    "feed.no_table": mark("This is no table: its first line must name the columns."),
    "feed.lacks_columns": mark("Needed columns are missing: say which column holds them."),
    "feed.not_taken": mark("Nobody took it in within a day."),
    "store.no_answer": mark("The address does not answer."),
    "store.key_refused": mark("The address refuses the key."),
    "store.key_unreadable": mark("The key cannot be read here: give it again."),
    "store.blocked": mark("Sereno does not ask addresses of this kind: it is one of a private network."),
}
OUT: Mapping[str, str] = {
    "available": mark("How many may be sold"),
    "on_hand": mark("How many there are"),
    "availability": mark("In stock or not"),
    "price_and_currency": mark("Price with its currency"),
    "id": mark("Product"),
    "description": mark("Description"),
    "url": mark("Address of the page"),
    "image_url": mark("Picture"),
    "brand": mark("Brand"),
}
STATES = {
    "looked": ("eye", "info", mark("waits for you")),
    "waiting": ("clock", "", mark("waits")),
    "working": ("rotate-ccw", "lamp", mark("being taken in")),
    "done": ("circle-check", "ok", mark("taken in")),
    "same": ("minus", "", mark("as the one before")),
    "refused": ("circle-x", "bad", mark("not taken")),
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
