"""No table is forgotten when a person is erased: each is on the list of `runtime.privacy.places`, or said to hold
nothing about customers; and of those on the list, every column of text is looked at."""

from __future__ import annotations

from installation import ready

ready()

from django.apps import apps  # noqa: E402
from django.db import models  # noqa: E402

from sereno.runtime.privacy import places  # noqa: E402

KNOWN = {place.table: place for place in places.PLACES}
OWN = [model for model in apps.get_models() if model.__module__.startswith("sereno.")]


def test_every_table_is_on_the_list_or_said_to_hold_nothing() -> None:
    unknown = sorted({model._meta.db_table for model in OWN} - KNOWN.keys() - places.NOT_PERSONAL.keys())
    assert not unknown, (
        f"{unknown}: does anything in it tell who somebody is? Then add a Place to SIMPLE in runtime/privacy/places.py "
        "with the indexed columns its rows are found by; else add it to NOT_PERSONAL there, with the reason why"
    )


def test_every_column_of_text_is_looked_at() -> None:
    texts = (models.CharField, models.TextField, models.BinaryField)
    for model in OWN:
        place = KNOWN.get(model._meta.db_table)
        if place is None:
            continue
        held = {field.column for field in model._meta.concrete_fields if isinstance(field, texts)}
        plain = places.PLAIN.get(place.table, frozenset())
        left = sorted(str(one) for one in held - set(place.columns) - plain)
        assert not left, (
            f"{place.table}.{left}: may it hold something about a person? Then name it in the `columns` of its Place, "
            "else in PLAIN of runtime/privacy/places.py"
        )
        assert set(place.columns) <= {field.column for field in model._meta.concrete_fields}, place.table


def test_nothing_is_on_the_list_that_is_not_there() -> None:
    tables = {model._meta.db_table for model in OWN}
    assert KNOWN.keys() <= tables
    assert places.NOT_PERSONAL.keys() <= tables
    assert not KNOWN.keys() & places.NOT_PERSONAL.keys()


def test_places_are_found_by_an_index() -> None:
    by_table = {model._meta.db_table: model for model in OWN}
    for place in places.SIMPLE:
        model = by_table[place.table]
        once = [one for one in model._meta.constraints if isinstance(one, models.UniqueConstraint)]
        whole = [one for one in once if one.condition is None]
        firsts = {tuple(index.fields[:2]) for index in (*model._meta.indexes, *whole)}
        for column, _by in place.by:
            assert ("shop", column) in firsts or (column,) in {one[:1] for one in firsts}, (place.table, column)
