"""Connections made and changed: secrets side by side, namespaces for later stores, deleting and putting back."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.runtime import connecting, services
from sereno.runtime.connecting import ConnectionRefused, mark_of
from sereno.store.documents import decode
from sereno.store.secrets import decrypt

pytestmark = pytest.mark.usefixtures("secret_key")


def row(database: Any, name: str) -> dict[str, Any]:
    with database.transaction() as tx:
        (_id, _shop, _slug, kind, secrets, settings, is_active) = tx.one("connection_of_name", {"name": name})
    return {"kind": kind, "secrets": decrypt(secrets), "settings": decode(settings), "is_active": bool(is_active)}


def make_shop(database: Any, slug: str = "casa") -> int:
    return services.create_shop(
        slug=slug, name="Casa", currency="EUR", timezone="Europe/Madrid", locale="es", database=database
    )


def audited(database: Any) -> list[str]:
    with database.read() as tx:
        return [found[0] for found in tx.text("SELECT action FROM audit WHERE action LIKE 'connection.%' ORDER BY id")]


def test_a_made_secret_is_told_once_and_kept_encrypted(database: Any) -> None:
    shop = make_shop(database)
    made = connecting.connect(shop, "woocommerce", "my-woo", by="ana", make_secret=True, database=database)
    assert made.secret and row(database, "my-woo")["secrets"] == [made.secret]
    with database.transaction() as tx:
        assert made.secret not in str(tx.one("connection_of_name", {"name": "my-woo"}))
    assert audited(database) == ["connection.made"]


def test_the_second_store_of_a_shop_gets_a_namespace_and_others_do_not(database: Any) -> None:
    shop = make_shop(database)
    kinds = (("shopify", "first"), ("stripe", "pay"), ("woocommerce", "Azahar mayorista"), ("oscar", "third"))
    made = {
        kind: connecting.connect(
            shop, kind, connecting.free_name(title, database=database), by="ana", title=title, database=database
        )
        for kind, title in kinds
    }
    assert made["shopify"].namespace == made["stripe"].namespace == ""
    assert made["woocommerce"].namespace == "azahar-mayor"
    assert made["oscar"].namespace == "third"
    assert row(database, "azahar-mayorista")["settings"]["namespace"] == "azahar-mayor"


def test_old_and_new_secret_live_side_by_side_until_the_old_one_is_ended(database: Any) -> None:
    shop = make_shop(database)
    connecting.connect(shop, "shopify", "till", by="ana", secrets=["old-secret"], database=database)
    connecting.add_secrets("till", ["new-secret"], by="ana", shop_id=shop, database=database)
    held = row(database, "till")
    assert held["secrets"] == ["new-secret", "old-secret"]
    assert held["settings"]["secrets_at"][1] is None and held["settings"]["secrets_at"][0] > 0
    with pytest.raises(ConnectionRefused):
        connecting.end_secret("till", mark_of("new-secret"), by="ana", shop_id=shop, database=database)
    connecting.end_secret("till", mark_of("old-secret"), by="ana", shop_id=shop, database=database)
    assert row(database, "till")["secrets"] == ["new-secret"]
    assert audited(database)[-1] == "connection.secret_ended"


def test_at_most_four_secrets_are_valid_and_the_oldest_go(database: Any) -> None:
    shop = make_shop(database)
    connecting.connect(shop, "shopify", "till", by="ana", secrets=["s0"], database=database)
    for number in range(1, 6):
        connecting.add_secrets("till", [f"s{number}"], by="ana", shop_id=shop, database=database)
    assert row(database, "till")["secrets"] == ["s5", "s4", "s3", "s2"]


def test_an_empty_secret_is_refused(database: Any) -> None:
    shop = make_shop(database)
    with pytest.raises(ConnectionRefused, match="empty"):
        connecting.connect(shop, "shopify", "till", by="ana", secrets=["  "], database=database)


def test_another_shops_connection_is_not_there(database: Any) -> None:
    shop, other = make_shop(database), make_shop(database, "other")
    connecting.connect(shop, "shopify", "till", by="ana", secrets=["s"], database=database)
    with pytest.raises(LookupError):
        connecting.add_secrets("till", ["x"], by="eve", shop_id=other, database=database)
    with pytest.raises(LookupError):
        connecting.delete("till", by="eve", shop_id=other, database=database)
    with pytest.raises(ConnectionRefused, match="already"):
        connecting.connect(other, "shopify", "till", by="eve", secrets=["s"], database=database)
    assert connecting.free_name("Till", database=database) == "till-2"


def test_deleting_closes_and_putting_back_opens(database: Any) -> None:
    shop = make_shop(database)
    connecting.connect(shop, "shopify", "till", by="ana", secrets=["s"], database=database)
    with pytest.raises(ConnectionRefused):
        connecting.erase("till", by="ana", shop_id=shop, database=database)
    connecting.delete("till", by="ana", shop_id=shop, database=database)
    assert row(database, "till")["is_active"] is False
    with pytest.raises(ConnectionRefused):
        connecting.change("till", by="ana", shop_id=shop, is_active=True, database=database)
    connecting.put_back("till", by="ana", shop_id=shop, database=database)
    assert row(database, "till")["is_active"] is True and row(database, "till")["secrets"] == ["s"]
    connecting.delete("till", by="ana", shop_id=shop, database=database)
    connecting.erase("till", by="ana", shop_id=shop, database=database)
    with database.transaction() as tx:
        assert tx.one("connection_of_name", {"name": "till"}) is None


def test_an_erased_connection_keeps_its_name_while_there_are_deliveries(database: Any) -> None:
    shop = make_shop(database)
    made = connecting.connect(shop, "shopify", "till", by="ana", secrets=["s"], database=database)
    with database.transaction() as tx:
        tx.many("store_deliveries", [(made.id, "d1", "orders/create", "{}", b"{}", 1)])
    connecting.delete("till", by="ana", shop_id=shop, database=database)
    connecting.erase("till", by="ana", shop_id=shop, database=database)
    assert row(database, "till")["secrets"] == []
    with pytest.raises(ConnectionRefused):
        connecting.put_back("till", by="ana", shop_id=shop, database=database)


def test_names_that_are_pages_are_refused(database: Any) -> None:
    shop = make_shop(database)
    with pytest.raises(ConnectionRefused):
        connecting.connect(shop, "shopify", "new", by="ana", secrets=["s"], database=database)
    assert connecting.free_name("New", database=database) == "new-2"
    assert connecting.free_name("¿¡!?", database=database) == "connection"
