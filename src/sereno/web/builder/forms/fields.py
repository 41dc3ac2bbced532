"""The fields a person may choose from at a place of a flow, in words and in groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from sereno.commerce.schema import Field, Record
from sereno.engine.expressions import Names, Type
from sereno.engine.expressions.types import of_field
from sereno.web.builder.forms.field_words import ROOTS, field_word
from sereno.web.builder.forms.leaves import sort_of
from sereno.web.builder.forms.paths import COUNT, EACH, split_field, type_of

ORDER = ("order", "customer", "cart", "visitor", "address", "history", "product", "event", "vars", "store", "run")
_UNASKED = frozenset({"is_thin", "custom", "token", "image_url", "handle", "keys", "key", "as_of", "before"})
"""Of use to machines only; a condition that names one is shown all the same."""
_LOCAL = frozenset({"id", "settings"})


@dataclass(frozen=True, slots=True)
class Choice:
    """A field to choose. `key` is a path of `paths.py`."""

    key: str
    label: str
    sort: str


@dataclass(frozen=True, slots=True)
class Choices:
    """The fields under one heading."""

    label: str
    fields: tuple[Choice, ...]


def catalogue(names: Names, *, of_items: bool = True) -> tuple[Choices, ...]:
    """All fields there are to choose from. `of_items`: those inside lists too."""
    roots = tuple((name, names.roots[name]) for name in ORDER if name in names.roots)
    variables = tuple(sorted(names.variables.items(), key=lambda pair: pair[0]))
    return _catalogue(_Key(roots, variables), of_items, get_language() or "en")


def label_of(names: Names, key: str) -> str:
    """A field in words, with where it belongs: "Order: Total"."""
    over, inner = split_field(key.removesuffix(COUNT))
    root, *rest = over.split(".")
    said = " › ".join([*(field_word(part) for part in rest if part != "data"), *map(field_word, _parts(inner))])
    if root == "vars":
        said = ".".join(rest[:1]) + (" › " + " › ".join(map(field_word, rest[1:])) if rest[1:] else "")
    if key.endswith(COUNT):
        said = _("Number of %(things)s") % {"things": said.lower()}
    head = str(ROOTS.get(root, root))
    return f"{head}: {said}" if said else head


def _parts(inner: str) -> list[str]:
    return inner.split(".") if inner else []


class _Key:
    """Roots and variables as a key of the cache: types are compared by what they are, which is cheap by identity."""

    def __init__(self, roots: tuple[tuple[str, Type], ...], variables: tuple[tuple[str, Type], ...]) -> None:
        self.roots, self.variables = roots, variables
        self._id = tuple((name, id(_described(type_)), type_.kind) for name, type_ in (*roots, *variables))

    def __hash__(self) -> int:
        return hash(self._id)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other._id == self._id


def _described(type_: Type) -> object:
    """What stays the same object from one request to the next: the record of a root, or that of an event's data."""
    data = type_.record.get("data") if type_.record is not None and type_.record.name == "event" else None
    return data.of if data is not None else type_.record


@lru_cache(maxsize=64)
def _catalogue(key: _Key, of_items: bool, language: str) -> tuple[Choices, ...]:
    found: list[Choices] = []
    known = [type_.record for _name, type_ in key.roots if type_.record is not None and _name != "event"]
    for name, type_ in key.roots:
        fields = tuple(_fields(name, type_, known, of_items))
        if fields:
            found.append(Choices(str(ROOTS[name]), fields))
    own = tuple(choice for name, type_ in key.variables for choice in _variable(name, type_, of_items))
    if own:
        found.insert(min(len(found), 4), Choices(str(ROOTS["vars"]), own))
    return tuple(found)


def _fields(root: str, type_: Type, known: list[Record], of_items: bool) -> Iterator[Choice]:
    if type_.record is None:
        return
    if root != "event":
        skipped = _LOCAL if root in ("store", "run") else frozenset[str]()
        yield from _of_record(root, type_.record, "", of_items, skipped)
        return
    for name in ("type", "source", "occurred_at"):
        yield _choice(f"event.{name}", "", type_.record.fields[name])
    data = type_.record.fields["data"].of
    # The data of `order.paid` is the order, which is there already, as it is today.
    if isinstance(data, Record) and not any(set(data.fields) <= set(record.fields) for record in known):
        yield from _of_record("event", data, "", of_items, frozenset())


def _variable(name: str, type_: Type, of_items: bool) -> Iterator[Choice]:
    if type_.record is None:
        sort = sort_of(type_)
        if sort:
            yield Choice(f"vars.{name}", name, sort)
        return
    yield from _of_record(f"vars.{name}", type_.record, f"{name} › ", of_items, frozenset())


def _of_record(path: str, record: Record, before: str, of_items: bool, skipped: frozenset[str]) -> Iterator[Choice]:
    """Its own fields first, then those of the records in it, then those of its lists."""
    fields = [field for field in record.fields.values() if field.name not in _UNASKED | skipped]
    fields = [field for field in fields if field.name == "id" or not field.name.endswith(("_id", "_ids"))]
    plain = [field for field in fields if not isinstance(field.of, Record)]
    for field in sorted(plain, key=lambda field: field_word(field.name).casefold()):
        if field.kind not in ("map", "record"):
            yield _choice(f"{path}.{field.name}", before, field)
    for field in fields:
        if field.kind == "record" and isinstance(field.of, Record) and field.of.name != "customer_summary":
            yield _choice(f"{path}.{field.name}", before, field)
            if path.count(".") < 3:
                below = f"{before}{field_word(field.name)} › "
                yield from _of_record(f"{path}.{field.name}", field.of, below, False, frozenset())
    for field in fields if of_items else ():
        if field.kind == "list" and isinstance(field.of, Record):
            is_counted = f"{field.name.removesuffix('s')}_count" in record.fields
            yield from _of_list(f"{path}.{field.name}", field, field.of, before, is_counted)


def _of_list(path: str, field: Field, record: Record, before: str, is_counted: bool) -> Iterator[Choice]:
    things = field_word(field.name)
    if not is_counted:
        yield Choice(f"{path}{COUNT}", before + _("Number of %(things)s") % {"things": things.lower()}, "count")
    for inner in record.fields.values():
        if inner.name in _UNASKED or inner.name.endswith("_id") or inner.kind in ("record", "list", "map", "any"):
            continue
        yield _choice(f"{path}{EACH}{inner.name}", f"{before}{things} › ", inner)


def _choice(path: str, before: str, field: Field) -> Choice:
    return Choice(path, before + field_word(field.name), sort_of(of_field(field)))


def choice_of(names: Names, key: str) -> Choice | None:
    """One field; None when there is no such field here."""
    type_ = type_of(names, key)
    return Choice(key, label_of(names, key), sort_of(type_)) if type_ is not None else None
