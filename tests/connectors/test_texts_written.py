"""A product's title and description on every platform: what exactly is asked, what is left alone, and what is said of
texts that are not there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import bigcommerce_wire
import magento_shop
import medusa_wire
import pytest
import saleor_wire
import shopify_wire
import woo_shop
from wires import Wire, carry_out, exchange

from sereno.connectors.bigcommerce.store import STORE as BIGCOMMERCE
from sereno.connectors.magento.store import STORE as MAGENTO
from sereno.connectors.medusa.api import API as MEDUSA
from sereno.connectors.saleor import editorjs
from sereno.connectors.saleor.api import API as SALEOR
from sereno.connectors.shopify.store import STORE as SHOPIFY
from sereno.connectors.vendure.api import API as VENDURE
from sereno.connectors.woocommerce.store import STORE as WOOCOMMERCE
from sereno.sdk.stores import StoreApi, StoreRefused, Written
from sereno.sdk.writes import SetTexts

HTML = "<h2>Taza</h2><p>De <strong>Talavera</strong></p><ul><li>30 cl</li></ul>"
WORDS = "Taza\n\nDe Talavera\n\n30 cl"
BLOCKS = [
    {"type": "header", "data": {"text": "Taza", "level": 2}},
    {"type": "paragraph", "data": {"text": "De <b>Talavera</b>"}},
    {"type": "list", "data": {"style": "unordered", "items": ["30 cl"]}},
]
Place = tuple[Callable[[], Wire], StoreApi, Mapping[str, str], str]
PLACES: dict[str, Place] = {
    "shopify": (shopify_wire.ShopifyWire, SHOPIFY, shopify_wire.ACCESS, "632910392"),
    "woocommerce": (woo_shop.Shop, WOOCOMMERCE, woo_shop.ACCESS, "71"),
    "magento": (magento_shop.Shop, MAGENTO, magento_shop.ACCESS, "72"),
    "bigcommerce": (bigcommerce_wire.BigCommerceWire, BIGCOMMERCE, bigcommerce_wire.ACCESS, "174"),
    "medusa": (medusa_wire.MedusaWire, MEDUSA, medusa_wire.ACCESS, "prod_1"),
    "saleor": (saleor_wire.SaleorWire, SALEOR, saleor_wire.ACCESS, "product-1"),
}


def done(name: str, title: str = "", description: str | None = None, wire: Wire | None = None) -> tuple[Any, Written]:
    wire_of, store, access, product = PLACES[name]
    wire = wire or wire_of()
    written = carry_out(exchange(wire, store, access), store, SetTexts(product, title, description))
    return wire, written


def said(wire: Any) -> Any:
    """What the last request asks to be changed."""
    body = wire.asked[-1].body
    return body.get("variables", body)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("shopify", {"product": {"id": shopify_wire.PRODUCT, "title": "Taza azul", "descriptionHtml": HTML}}),
        ("woocommerce", {"name": "Taza azul", "description": HTML}),
        (
            "magento",
            {
                "product": {
                    "sku": "B/1",
                    "name": "Taza azul",
                    "custom_attributes": [{"attribute_code": "description", "value": HTML}],
                }
            },
        ),
        ("bigcommerce", {"name": "Taza azul", "description": HTML}),
        ("medusa", {"title": "Taza azul", "description": WORDS}),
        ("saleor", {"id": "product-1", "input": {"name": "Taza azul", "description": {"blocks": BLOCKS}}}),
    ],
)
def test_what_is_asked(name: str, wanted: Any) -> None:
    wire, written = done(name, " Taza azul ", HTML)
    given = said(wire)
    if name == "saleor":
        given["input"]["description"] = json.loads(given["input"]["description"])
    assert given == wanted
    if name != "bigcommerce":
        assert written.version is not None and written.version.tzinfo is not None
    if name == "magento":
        assert wire.asked[-1].path == "/rest/all/V1/products/B%252F1"


@pytest.mark.parametrize("name", PLACES)
def test_one_text_leaves_the_other(name: str) -> None:
    wire, _written = done(name, "Taza azul")
    assert "escription" not in json.dumps(said(wire))
    wire, _written = done(name, description="Plain & simple\n\nTwo")
    asked = json.dumps(said(wire))
    assert "itle" not in asked and '"name"' not in asked
    plain = "Plain & simple\\n\\nTwo" if name == "medusa" else "Plain &amp; simple"
    assert plain in asked


@pytest.mark.parametrize("name", PLACES)
def test_neither_text_is_refused_before_the_store_is_changed(name: str) -> None:
    wire = PLACES[name][0]()
    with pytest.raises(StoreRefused) as refused:
        done(name, "  ", None, wire)
    assert refused.value.code == "texts.missing"
    assert [one for one in wire.asked if one.method in ("PUT", "POST") and "mutation" in str(one.body)] == []


@pytest.mark.parametrize("name", sorted(PLACES.keys() - {"woocommerce"}))
def test_what_is_so_already_is_not_written_again(name: str) -> None:
    wire, _written = done(name, "Taza azul", HTML)
    asked = len(wire.asked)
    done(name, "Taza azul", HTML, wire)
    again = wire.asked[asked:]
    assert len(again) == 1 and "mutation" not in str(again[0].body) and again[0].method in ("GET", "POST")


def test_medusa_keeps_markup_where_there_is_markup() -> None:
    wire, _written = done("medusa", description="<p>One</p>")
    assert wire.texts["description"] == "One"
    wire.texts["description"] = "<p>One</p>"
    done("medusa", description=HTML, wire=wire)
    assert wire.texts["description"] == HTML
    done("medusa", description="", wire=wire)
    assert wire.texts["description"] == ""


def test_saleor_says_what_it_does_not_take() -> None:
    with pytest.raises(StoreRefused, match="at most 250") as refused:
        done("saleor", "x" * 251)
    assert refused.value.code == "store.refused"
    wire = PLACES["saleor"][0]()
    with pytest.raises(StoreRefused) as refused:
        carry_out(exchange(wire, SALEOR, saleor_wire.ACCESS), SALEOR, SetTexts("product-9", "x"))
    assert refused.value.code == "store.not_found"


def test_editor_js_there_and_back() -> None:
    assert json.loads(editorjs.to_document(HTML) or "") == {"blocks": BLOCKS}
    assert editorjs.to_html(editorjs.to_document(HTML)) == HTML.replace("strong", "b")
    assert editorjs.to_document("<p> </p>") is None and editorjs.to_html(None) is None
    assert editorjs.to_html("not JSON") == "not JSON"
    nested = {"content": "One", "items": [{"content": "Two", "items": []}]}
    picture = {"file": {"url": "https://x.example/a.png"}, "caption": "Blue"}
    odd = [
        {"type": "list", "data": {"style": "ordered", "items": [nested, ""]}},
        {"type": "image", "data": picture},
        {"type": "quote", "data": {"text": "Said"}},
        {"type": "delimiter", "data": {}},
        {"type": "embed", "data": {"caption": "A film"}},
        {"type": "paragraph", "data": None},
        "nothing",
    ]
    assert editorjs.to_html({"blocks": odd}) == (
        '<ol><li>One<ol><li>Two</li></ol></li></ol><p><img src="https://x.example/a.png" alt="">Blue</p>'
        "<blockquote>Said</blockquote><hr><p>A film</p>"
    )


class Languages(Wire):
    """A Vendure whose products have words in German and English; English is the channel's language."""

    words: list[dict[str, str]]

    def answer(self, asked: Any) -> tuple[Any, ...]:
        if asked.body["query"].startswith("mutation"):
            return (
                200,
                {"data": {"updateProduct": {"id": "2", "enabled": True}}},
                {"date": "Sun, 22 Nov 2026 12:00:00 GMT"},
            )
        held = {"id": "2", "translations": self.words}
        return 200, {"data": {"activeChannel": {"defaultLanguageCode": "en"}, "product": held}}


def test_vendure_is_told_in_its_channels_language_and_no_other() -> None:
    access = {"url": "https://shop.example/admin-api", "api_key": "k"}
    german = {"languageCode": "de", "name": "Tasse", "slug": "tasse", "description": "<p>Blau</p>"}
    wire = Languages()
    wire.words = [german, {"languageCode": "en", "name": "Cup", "slug": "cup", "description": ""}]
    write = SetTexts("2", "Blue cup")
    written = carry_out(exchange(wire, VENDURE, access), VENDURE, write)
    wanted = {"id": "2", "translations": [{"languageCode": "en", "name": "Blue cup"}]}
    assert wire.asked[-1].body["variables"] == {"input": wanted}
    assert written.version == datetime(2026, 11, 22, 12, 0, 1, tzinfo=UTC)
    wire.words = [german]
    carry_out(exchange(wire, VENDURE, access), VENDURE, write)
    words = {"languageCode": "en", "name": "Blue cup", "slug": "tasse", "description": "<p>Blau</p>"}
    assert wire.asked[-1].body["variables"] == {"input": {"id": "2", "translations": [words]}}
