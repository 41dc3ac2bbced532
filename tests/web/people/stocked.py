"""Two shops side by side: everything of the first bears a mark, and its ids are far from those of the second."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection, models
from django.test import Client
from seeding import Seeded, make_shop, person, seed

from sereno.store.fields import DocumentField, InstantField
from sereno.store.models import Shop

MARK = "zqwx"
FAR = 7000
"""The first shop's ids begin after this one; the second has none as large."""
_RENAMED = {
    "mara@example.com": f"{MARK}mara@example.com",
    "ana@example.com": f"{MARK}ana@example.com",
    "vic@example.com": f"{MARK}vic@example.com",
    "Mara Ionescu": f"{MARK} Ionescu",
    "lantern-store": f"{MARK}-store",
    "Lantern & Wick": f"{MARK} and Wick",
    "cart-recovery": f"{MARK}-recovery",
    "Cart recovery": f"{MARK} recovery",
    "Thank big orders": f"{MARK} thanks",
    "thanks": f"{MARK}-thanks",
    "draft-only": f"{MARK}-draft",
    "A draft": f"{MARK} draft",
    "Send the last one?": f"{MARK} send the last one?",
    "820982911946154508": f"8209829{MARK}",
    "c-17": f"c-{MARK}17",
    "1001": f"{MARK}1001",
    "a1b2c3d4e5f6a7b8c9d0": f"{MARK}a1b2c3d4e5f6a7b8",
    "b1b2c3d4e5f6a7b8c9d0": f"{MARK}b1b2c3d4e5f6a7b8",
    "big-order": f"{MARK}-tag",
}


Statement = tuple[str, tuple[Any, ...]]


def statement_of(rows: models.QuerySet[Any, Any]) -> Statement:
    """As SQLite itself takes it: what is asked after each of many requests goes past Django, in a twentieth of the
    time."""
    sql, values = rows.query.sql_with_params()
    return sql.replace("%s", "?"), tuple(values)


def digest_of(asked: Iterable[Statement]) -> str:
    connection.ensure_connection()
    driver = connection.connection
    digest = hashlib.sha256()
    for sql, values in asked:
        digest.update(repr(driver.execute(sql, values).fetchall()).encode())
    return digest.hexdigest()


@dataclass
class Stocked:
    """`paths` leads from each model to its shop; `values` are what of the first shop an address may be filled with."""

    first: Shop
    second: Shop
    seeded: Seeded
    owner: Client
    stranger: Client
    outsider: User
    values: dict[str, list[Any]] = field(default_factory=dict)
    paths: dict[type[models.Model], str] = field(default_factory=dict)
    _asked: list[Statement] = field(default_factory=list)

    def state(self) -> str:
        """A digest of all that belongs to the first shop: no request of a stranger may change it."""
        if not self._asked:
            own = (model._default_manager.filter(**{path: self.first.pk}) for model, path in self.paths.items())
            people = User.objects.filter(username__startswith=MARK)
            found = [one.order_by("pk").values_list() for one in own]
            found.append(people.order_by("pk").values_list("pk", "password", "is_active", "first_name"))
            self._asked = [statement_of(one) for one in found]
        return digest_of(self._asked)


def stock() -> Stocked:
    second = make_shop("two", "Two & Co")
    outsider = person(second, "eve@example.com", "owner")
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute("DELETE FROM sqlite_sequence WHERE name = %s", [name])
            cursor.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (%s, %s)", [name, FAR])
    seeded = seed()
    _rename()
    first = seeded.shop
    first.refresh_from_db()
    owner, stranger = Client(), Client()
    owner.force_login(User.objects.get(pk=seeded.owner.pk))
    stranger.force_login(outsider)
    paths = {model: path for model in apps.get_models() if (path := _path(model)) is not None}
    made = Stocked(first, second, seeded, owner, stranger, outsider, paths=paths)
    owner.post("/people/invite", {"email": f"{MARK}bo@example.com", "role": "viewer"})
    owner.get("/people")
    owner.post("/keys", {"name": f"{MARK} key", "scopes": ["work"]})
    message = {"kind": "email", "purpose": "transactional", "about": "order", "title": f"{MARK} message"}
    assert owner.post("/messages/new", message).status_code == 302
    _fill_up(made)
    made.values = _values(made)
    assert made.values["int"] and len(made.values["str"]) > 5
    return made


def _rename() -> None:
    """In the tables themselves, whatever they are."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table.startswith(("django_", "sqlite_")):
                continue
            for column in connection.introspection.get_table_description(cursor, table):
                if "char" not in str(column.type_code).lower() and "text" not in str(column.type_code).lower():
                    continue
                for before, after in _RENAMED.items():
                    cursor.execute(
                        f'UPDATE "{table}" SET "{column.name}" = replace("{column.name}", %s, %s)'
                        f' WHERE "{column.name}" LIKE %s AND typeof("{column.name}") = \'text\'',
                        [before, after, f"%{before}%"],
                    )


def _path(model: type[models.Model], depth: int = 0) -> str | None:
    """The lookup that leads from the model to the shop; None for what belongs to none."""
    if model is Shop:
        return "pk"
    if not model.__module__.startswith("sereno") or depth > 3:
        return None
    related = [one for one in model._meta.fields if one.is_relation]
    for one in sorted(related, key=lambda found: found.related_model is not Shop):
        if one.related_model is Shop:
            return one.name
        if one.related_model is not None and one.related_model._meta.app_label != "auth":
            further = _path(one.related_model, depth + 1)
            if further is not None:
                return f"{one.name}__{further}"
    return None


def _fill_up(made: Stocked) -> None:
    """A row of every model that has none yet, with the mark in every text: a new table is covered as soon as it is."""
    for _round in range(3):
        for model, path in made.paths.items():
            if model is Shop or model.objects.filter(**{path: made.first.pk}).exists():  # type: ignore[attr-defined]
                continue
            values = {one.attname: value for one in model._meta.fields for value in _value(made, one)}
            model.objects.create(**values)  # type: ignore[attr-defined]
    empty = [m.__name__ for m, p in made.paths.items() if not m.objects.filter(**{p: made.first.pk}).exists()]  # type: ignore[attr-defined]
    assert empty == [], "the matrix must hold a row of every model that belongs to a shop"


MADE_BY_ITSELF = (models.AutoField, models.BigAutoField, models.CompositePrimaryKey)


def _value(made: Stocked, one: Any) -> Iterator[Any]:
    """Nothing where the field has a value by itself."""
    if one.is_relation:
        target = one.related_model
        path = made.paths.get(target)
        if target is User:
            yield made.seeded.owner.pk
        elif path is not None:
            yield target.objects.filter(**{path: made.first.pk}).values_list("pk", flat=True).first()
    elif isinstance(one, MADE_BY_ITSELF) or one.has_default() or one.null:
        return
    elif isinstance(one, InstantField):
        yield datetime.now(UTC)
    elif isinstance(one, models.DateField):
        yield datetime.now(UTC).date()
    elif isinstance(one, DocumentField):
        yield {"mark": MARK}
    elif isinstance(one, models.CharField | models.TextField):
        # In capitals where the column is short, so that it is no word the code knows.
        yield f"{MARK}-{one.name}"[: one.max_length or 200]
    elif isinstance(one, models.BinaryField):
        yield MARK.encode()
    elif isinstance(one, models.BooleanField):
        yield True
    else:
        yield 7


def _values(made: Stocked) -> dict[str, list[Any]]:
    """Ids and names of the first shop, by the converter of the place they fit into."""
    numbers: set[int] = set()
    words: dict[str, None] = {}
    for model, path in made.paths.items():
        if model is Shop:
            continue
        for row in model.objects.filter(**{path: made.first.pk}):  # type: ignore[attr-defined]
            if isinstance(row.pk, int) and row.pk > FAR:
                numbers.add(row.pk)
            for name in ("name", "uid", "slug", "digest"):
                held = getattr(row, name, None)
                if isinstance(held, str) and held and all(letter.isalnum() or letter in "-_" for letter in held):
                    words[held] = None
    words[made.first.slug] = None
    return {"int": sorted(numbers), "slug": list(words), "str": list(words), "path": list(words), "uuid": []}
