"""The secret key is changed: links that were sent still open, nothing is sealed with the old key, and what is stored is
sealed anew, as often as it is begun."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from sereno.runtime import connecting
from sereno.site.environment import read
from sereno.store import resealing, sealing, secrets
from sereno.store.models import Connection, Shop

OLD, NEW = "the key of before", "the key of today"


@pytest.fixture(autouse=True)
def keys() -> Iterator[None]:
    before = secrets._keys
    secrets.configure(OLD)
    yield
    if before:
        secrets.configure(*before)


def test_links_of_before_open_and_new_ones_are_of_today() -> None:
    sent = sealing.seal(secrets.newest(), "unsubscribe", ["ana"])
    secrets.configure(NEW)
    with pytest.raises(sealing.TokenInvalid):
        sealing.unseal(secrets.newest(), "unsubscribe", sent)
    secrets.configure(NEW, OLD)
    assert sealing.unseal(secrets.newest(), "unsubscribe", sent) == ["ana"]
    with pytest.raises(sealing.TokenInvalid):
        sealing.unseal(secrets.newest(), "open", sent)
    made = sealing.seal(secrets.newest(), "unsubscribe", ["bea"])
    secrets.configure(OLD)
    with pytest.raises(sealing.TokenInvalid):
        sealing.unseal(secrets.newest(), "unsubscribe", made)


def test_what_is_stored_is_sealed_anew_and_needs_the_former_key_no_more(shop: Shop) -> None:
    base = "https://sereno.example/"
    for name in ("one", "two"):
        connecting.connect(shop.pk, "mailchimp", name, by="ana", secrets=[f"s-{name}"], base_url=base)
    secrets.configure(NEW, OLD)
    connecting.connect(shop.pk, "mailchimp", "three", by="ana", secrets=["s-three"], base_url=base)
    assert resealing.held() == {"connection": resealing.Held(newest=1, former=2)}
    assert resealing.reseal() == {"connection": 2}
    assert resealing.reseal() == {}, "begun again it finds nothing to do"
    secrets.configure(NEW)
    assert resealing.held() == {"connection": resealing.Held(newest=3)}
    held = dict(Connection.objects.values_list("name", "secrets"))
    assert {name: secrets.decrypt(text) for name, text in held.items()} == {
        name: [f"s-{name}"] for name in ("one", "two", "three")
    }
    secrets.configure("another altogether")
    assert resealing.held() == {"connection": resealing.Held(unreadable=3)}
    assert resealing.reseal() == {}, "what nobody reads stays as it is"


def test_every_sealed_column_is_there() -> None:
    tables = {one._meta.db_table: one for one in apps.get_models()}
    for table, columns in resealing.SEALED.items():
        assert set(columns) <= {one.name for one in tables[table]._meta.get_fields()}, table


def test_former_keys_are_read_from_the_environment(tmp_path: Path) -> None:
    given = {"SERENO_DATA_DIR": str(tmp_path), "SERENO_SECRET_KEY": NEW.replace(" ", "-")}
    former = {"SERENO_FORMER_SECRET_KEYS": f"a-key, {given['SERENO_SECRET_KEY']},another"}
    assert read(given).secret_keys == (given["SERENO_SECRET_KEY"],)
    assert read(given | former).secret_keys == (given["SERENO_SECRET_KEY"], "a-key", "another")
