"""What is new is said once, an hour after it went on sale, unless it was taken back."""

from __future__ import annotations

from typing import Any

from flows.replaying import event, replay


def product(type: str, after: str, **changes: Any) -> dict[str, Any]:
    data = {"id": "p1", "title": "Taza Niebla", "url": "https://s.example/taza", **changes}
    return event(type, "product:p1", after, **data)


def test_each_new_product_is_said_once_in_every_language() -> None:
    found = replay("say-new-products", [product("product.published", "0h"), product("product.published", "5d")])
    (effect,) = found["effects"]
    assert effect["action"] == "social.post" and effect["config"]["when"] == "slot"
    assert effect["config"]["texts"]["es"] == "Novedad en la tienda: Taza Niebla"
    assert effect["config"]["link"] == "https://s.example/taza"


def test_what_was_taken_back_or_has_no_page_is_not_said() -> None:
    for end in ("product.unpublished", "product.deleted"):
        taken_back = [product("product.published", "0m"), product(end, "20m")]
        assert replay("say-new-products", taken_back)["effects"] == []
    assert replay("say-new-products", [product("product.published", "0h", url=None)])["effects"] == []
