"""The document of a shop's decisions: its options, the rules about them, and the variants of its checkout.

Invariant: a document that is read without a flaw can be decided by; nothing of it can fail later but a condition, whose
failure is an outcome.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import Any, Literal, cast

import msgspec

from sereno.commerce.records.carts import CART
from sereno.commerce.records.people import ADDRESS, CUSTOMER
from sereno.commerce.records.shops import STORE
from sereno.commerce.records.visits import HISTORY, VISITOR
from sereno.engine.catalog import Catalog
from sereno.engine.control import Experiment
from sereno.engine.durations import format_duration, parse_duration
from sereno.engine.expressions import Expression, ExpressionsInvalid, Names, Type, compile_expression
from sereno.engine.expressions.types import TIMESTAMP

Kind = Literal["payment", "delivery"]
KINDS: tuple[Kind, ...] = ("payment", "delivery")
DOINGS = ("hide", "only", "first", "last", "rename")
"""What a rule does with its options: `only` hides the others of their kind."""
METRICS = ("orders", "revenue")
THEN = ("use", "tell")
MOST_OPTIONS, MOST_RULES, MOST_VARIANTS, MOST_ARMS = 100, 200, 20, 8
USUAL_WINDOW = timedelta(days=7)
SHORTEST, LONGEST = timedelta(hours=1), timedelta(days=90)
AT_LEAST, AT_MOST = timedelta(days=14), timedelta(days=84)
MEASURED_BY = "checkout:"
"""Begins the names of the experiments that variants are."""
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,49}")
_FREE_ID = re.compile(r"[^\s\x00-\x1f]{1,100}")
Where = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with a document: where, a code, and what to do."""

    where: Where
    code: str
    message: str

    @property
    def path(self) -> str:
        return ".".join(map(str, self.where))


class DecisionsInvalid(ValueError):  # noqa: N818
    """All that is wrong with a document."""

    def __init__(self, flaws: Sequence[Flaw]) -> None:
        super().__init__("; ".join(f"{flaw.path}: {flaw.message}" for flaw in flaws))
        self.flaws = tuple(flaws)


@dataclass(frozen=True, slots=True)
class Option:
    """A way to pay or to have it brought; `id` is the storefront's own word for it."""

    id: str
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`when` is None for always."""

    id: str
    name: str
    when: Expression | None
    do: str
    options: tuple[str, ...]
    label: str = ""
    is_on: bool = True


@dataclass(frozen=True, slots=True)
class Arm:
    """`values` are handed to the storefront: an address, a name of a template."""

    name: str
    weight: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Variants:
    """Two or more checkouts side by side. The rule for a winner: the arm that is better than every other one by
    `metric` for each visitor, looked at from `at_least` on, as often as one likes; without one until `at_most` there is
    none. `then`: `use` gives the winner to everybody, `tell` only says so."""

    id: str
    name: str
    when: Expression | None
    arms: tuple[Arm, ...]
    window: timedelta
    metric: str
    at_least: timedelta
    at_most: timedelta
    then: str
    is_on: bool
    design: str

    @property
    def experiment(self) -> Experiment:
        return Experiment(MEASURED_BY + self.id, self.design, {arm.name: arm.weight for arm in self.arms}, self.window)

    def arm(self, name: str) -> Arm | None:
        return next((one for one in self.arms if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Plan:
    """A document ready to decide by. `roots` are what its conditions read."""

    options: tuple[Option, ...] = ()
    rules: tuple[Rule, ...] = ()
    variants: tuple[Variants, ...] = ()
    roots: frozenset[str] = frozenset()

    def option(self, id_: str) -> Option | None:
        return next((one for one in self.options if one.id == id_), None)


def names_of(catalog: Catalog) -> Names:
    """What conditions of decisions may name."""
    records = {
        "cart": catalog.root("cart") or CART,
        "customer": catalog.root("customer") or CUSTOMER,
        "address": ADDRESS,
        "visitor": VISITOR,
        "history": HISTORY,
        "store": catalog.root("store") or STORE,
    }
    why = "a decision at the checkout knows the cart, the customer, the address, the visitor and the history"
    roots = {name: Type("record", record=one) for name, one in records.items()}
    return Names({**roots, "now": TIMESTAMP}, dict.fromkeys(("event", "order", "product", "run"), why))


def read_plan(document: Any, catalog: Catalog) -> Plan:
    """Raises DecisionsInvalid with everything that is wrong."""
    reader = _Reader(names_of(catalog))
    plan = reader.plan(document)
    if reader.flaws:
        raise DecisionsInvalid(reader.flaws)
    return plan


@dataclass
class _Reader:
    names: Names
    flaws: list[Flaw] = field(default_factory=list[Flaw])
    roots: set[str] = field(default_factory=set[str])

    def flaw(self, where: Where, code: str, message: str) -> None:
        self.flaws.append(Flaw(where, code, message))

    def plan(self, document: Any) -> Plan:
        whole = self.mapping(document, (), ("options", "rules", "variants"))
        options = tuple(filter(None, (self._option(*one) for one in self._each(whole, "options", MOST_OPTIONS))))
        known = {one.id: one.kind for one in options}
        rules = tuple(filter(None, (self._rule(*one, known) for one in self._each(whole, "rules", MOST_RULES))))
        variants = tuple(filter(None, (self._variants(*one) for one in self._each(whole, "variants", MOST_VARIANTS))))
        return Plan(options, rules, variants, frozenset(self.roots))

    def _option(self, one: Any, where: Where) -> Option | None:
        found = self.mapping(one, where, ("id", "kind", "name"))
        kind = self._one_of(found, "kind", KINDS, where)
        id_ = found.get("id")
        if not isinstance(id_, str) or not _FREE_ID.fullmatch(id_):
            self.flaw((*where, "id"), "decision.wrong_id", "id is the storefront's own word for it, without spaces")
            return None
        return Option(id_, cast(Kind, kind), self._text(found, "name", where, 100) or id_) if kind else None

    def _rule(self, one: Any, where: Where, known: Mapping[str, str]) -> Rule | None:
        found = self.mapping(one, where, ("id", "name", "when", "do", "options", "label", "is_on"))
        id_, do = self._id(found, where), self._one_of(found, "do", DOINGS, where)
        given: Any = found.get("options")
        options = tuple(str(item) for item in cast("list[Any]", given)) if isinstance(given, list) else ()
        if not options:
            self.flaw((*where, "options"), "decision.no_options", "name at least one option")
        for number, name in enumerate(options):
            if name not in known:
                self.flaw((*where, "options", number), "decision.unknown_option", f"there is no option {name!r}")
        label = self._text(found, "label", where, 100)
        if do == "rename" and not label:
            self.flaw((*where, "label"), "decision.no_label", "say what it is to be called")
        when = self._when(found, where)
        return Rule(id_, self._text(found, "name", where, 120) or id_, when, do, options, label, self._is_on(found))

    def _variants(self, one: Any, where: Where) -> Variants | None:
        keys = ("id", "name", "when", "arms", "window", "metric", "at_least", "at_most", "then", "is_on")
        found = self.mapping(one, where, keys)
        id_ = self._id(found, where)
        arms = tuple(filter(None, (self._arm(*arm) for arm in self._each(found, "arms", MOST_ARMS, where, "name"))))
        if sum(1 for arm in arms if arm.weight) < 2 and not any(flaw.where[:2] == where for flaw in self.flaws):
            self.flaw((*where, "arms"), "decision.few_arms", "give at least two variants a weight above 0")
        window = self._length(found, "window", USUAL_WINDOW, where)
        at_least = self._length(found, "at_least", AT_LEAST, where)
        at_most = self._length(found, "at_most", AT_MOST, where, timedelta(days=365))
        if at_most < at_least:
            self.flaw((*where, "at_most"), "decision.wrong_span", "at_most is not shorter than at_least")
        metric = self._one_of(found, "metric", METRICS, where, METRICS[0])
        then = self._one_of(found, "then", THEN, where, THEN[1])
        when = self._when(found, where)
        design = _digest([[arm.name, arm.weight, dict(arm.values)] for arm in arms], when, window)
        name = self._text(found, "name", where, 120) or id_
        is_on = self._is_on(found)
        return Variants(id_, name, when, arms, window, metric, at_least, at_most, then, is_on, design)

    def _arm(self, one: Any, where: Where) -> Arm | None:
        found = self.mapping(one, where, ("name", "weight", "values"))
        name, weight = found.get("name"), found.get("weight", 1)
        values: Any = found.get("values") or dict[str, str]()
        if not isinstance(name, str) or not _ID.fullmatch(name):
            self.flaw((*where, "name"), "decision.wrong_id", "use small letters, digits and hyphens")
            return None
        if not isinstance(weight, int) or isinstance(weight, bool) or not 0 <= weight <= 10_000:
            self.flaw((*where, "weight"), "decision.wrong_weight", "a weight is a whole number from 0 to 10000")
            return None
        if not isinstance(values, Mapping) or len(cast("Mapping[Any, Any]", values)) > 20:
            self.flaw((*where, "values"), "decision.wrong_values", "values are up to 20 names with a text each")
            return None
        texts = {str(key)[:50]: str(value)[:500] for key, value in cast("Mapping[Any, Any]", values).items()}
        return Arm(name, weight, texts)

    # --- pieces ------------------------------------------------------------------------------------

    def mapping(self, value: Any, where: Where, keys: tuple[str, ...]) -> Mapping[str, Any]:
        if not isinstance(value, Mapping):
            self.flaw(where, "decision.no_mapping", "this is a mapping of names to values")
            return {}
        found = cast("Mapping[str, Any]", value)
        for key in found:
            if key not in keys:
                self.flaw((*where, str(key)), "decision.unknown_key", f"{key!r} is not one of {', '.join(keys)}")
        return found

    def _each(
        self, found: Mapping[str, Any], key: str, most: int, where: Where = (), name: str = "id"
    ) -> list[tuple[Any, Where]]:
        """The items of a list, each with its place; those that take a name again are refused."""
        items: Any = found.get(key) or []
        if not isinstance(items, list):
            self.flaw((*where, key), "decision.no_list", "this is a list")
            return []
        if len(cast("list[Any]", items)) > most:
            self.flaw((*where, key), "decision.too_many", f"there are at most {most}")
        seen: set[str] = set()
        for number, item in enumerate(cast("list[Any]", items)):
            id_ = str(cast("Mapping[str, Any]", item).get(name)) if isinstance(item, Mapping) else ""
            if id_ in seen:
                self.flaw((*where, key, number, name), "decision.twice", f"{id_!r} is there twice")
            seen.add(id_)
        return [(item, (*where, key, number)) for number, item in enumerate(cast("list[Any]", items[:most]))]

    def _id(self, found: Mapping[str, Any], where: Where) -> str:
        id_ = found.get("id")
        if isinstance(id_, str) and _ID.fullmatch(id_):
            return id_
        self.flaw((*where, "id"), "decision.wrong_id", "use small letters, digits and hyphens")
        return ""

    def _text(self, found: Mapping[str, Any], key: str, where: Where, most: int) -> str:
        value = found.get(key, "")
        if isinstance(value, str) and len(value) <= most:
            return value.strip()
        self.flaw((*where, key), "decision.wrong_text", f"this is a text of at most {most} characters")
        return ""

    def _one_of(self, found: Mapping[str, Any], key: str, known: tuple[str, ...], where: Where, usual: str = "") -> str:
        value = found.get(key, usual)
        if value in known:
            return str(value)
        self.flaw((*where, key), "decision.wrong_word", f"this is one of {', '.join(known)}")
        return ""

    def _is_on(self, found: Mapping[str, Any]) -> bool:
        return found.get("is_on", True) is not False

    def _length(
        self, found: Mapping[str, Any], key: str, usual: timedelta, where: Where, most: timedelta = LONGEST
    ) -> timedelta:
        value = found.get(key)
        try:
            length = usual if value is None else parse_duration(str(value))
        except ValueError:
            length = timedelta()
        if not SHORTEST <= length <= most:
            span = f"from {format_duration(SHORTEST)} to {format_duration(most)}"
            self.flaw((*where, key), "decision.wrong_length", f"this is a length of time {span}, such as 14d")
        return length

    def _when(self, found: Mapping[str, Any], where: Where) -> Expression | None:
        source = found.get("when")
        if source is None or str(source).strip() in ("", "true"):
            return None
        try:
            expression = compile_expression(str(source), self.names, want="boolean")
        except ExpressionsInvalid as invalid:
            for problem in invalid.problems:
                self.flaw((*where, "when"), problem.code, problem.message)
            return None
        self.roots |= expression.roots
        return expression


def _digest(arms: list[Any], when: Expression | None, window: timedelta) -> str:
    """Made from what is compared, so that numbers of two comparisons are never added up."""
    text = msgspec.json.encode([arms, when.source if when else "", format_duration(window)], order="sorted")
    return blake2b(text, digest_size=8).hexdigest()
