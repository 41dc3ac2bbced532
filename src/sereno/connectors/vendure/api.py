"""What Sereno can do on a Vendure store. Holding back an order's parcels is nothing Vendure knows."""

from __future__ import annotations

from sereno.connectors.vendure import catalogue, extras, modifying, noting, paying, shipping
from sereno.connectors.vendure.admin import ask
from sereno.connectors.vendure.reads import fetcher, reader
from sereno.sdk.config import mark as _
from sereno.sdk.connector import Setting
from sereno.sdk.stores import Exchange, Probe, StoreApi
from sereno.sdk.writes import (
    CancelOrder,
    CapturePayment,
    ChangeAddress,
    ChangeItems,
    CollectProduct,
    CreateDiscountCode,
    CreateDraftOrder,
    FulfillOrder,
    NoteOrder,
    PublishProduct,
    RefundOrder,
    SetMetafield,
    SetPrice,
    SetStock,
    SetTexts,
    TagCustomer,
    TagOrder,
    TagProduct,
)

_NEEDED = (
    (("ReadOrder",), "read orders"),
    (("UpdateOrder",), "cancel, refund, ship and note orders"),
    (("CreateOrder",), "draft orders"),
    (("ReadCustomer",), "read customers"),
    (("UpdateCustomerGroup", "CreateCustomerGroup"), "tag customers"),
    (("ReadCatalog", "ReadProduct"), "read products"),
    (("UpdateCatalog", "UpdateProduct"), "set prices, texts and stock, show and hide products"),
    (("UpdateCatalog", "UpdateCollection"), "put products into collections"),
    (("CreateCatalog", "CreateFacet"), "tag products"),
    (("CreatePromotion",), "make coupon codes"),
)
"""Permissions of which one is enough (a group's needs both), and what they are for."""
_ALL = frozenset({"UpdateCustomerGroup"})

UNNAMED = "__default_channel__"
"""What Vendure calls the one channel of a store that has made none of its own."""
_PROBE = """query { me { identifier channels { code token permissions } }
  activeChannel { code token defaultCurrencyCode } }"""


def probe(exchange: Exchange) -> Probe:
    data = ask(exchange, _PROBE).data
    active = data["activeChannel"]
    held: set[str] = set()
    for channel in (data["me"] or {}).get("channels", ()):
        if channel["token"] == active["token"]:
            held = set(channel["permissions"])
    lacking = [f"{'/'.join(names)}: {what}" for names, what in _NEEDED if not _has(held, names)]
    name = "" if active["code"] == UNNAMED else active["code"]
    return Probe(name, active["defaultCurrencyCode"], "", lacking)


def _has(held: set[str], names: tuple[str, ...]) -> bool:
    if "SuperAdmin" in held:
        return True
    return held.issuperset(names) if names[0] in _ALL else bool(held.intersection(names))


API = StoreApi(
    access=(
        Setting("url", _("Address of the Admin API"), "url", True, _("For example https://shop.example/admin-api")),
        Setting(
            "api_key",
            _("API key"),
            "secret",
            False,
            _("From Vendure 3.6 on, where authOptions.tokenMethod has api-key. Otherwise a name and a password."),
        ),
        Setting("user", _("Administrator"), "text", False, _("The name of an administrator made for Sereno.")),
        Setting("password", _("Password"), "secret", False, _("Of that administrator.")),
        Setting("channel", _("Channel token"), "text", False, _("Only where the store has several channels.")),
    ),
    steps=(
        _("In Vendure's dashboard open Settings, Roles, and make a role with the permissions listed here."),
        _("Make an administrator with that role, or an API key, and enter it here."),
        _("authOptions.tokenMethod in vendure-config must have bearer (for a name and password) or api-key."),
    ),
    probe=probe,
    writes={
        TagOrder: noting.tag_order,
        NoteOrder: noting.note_order,
        CancelOrder: paying.cancel,
        RefundOrder: paying.refund,
        CapturePayment: paying.capture,
        ChangeAddress: modifying.change_address,
        ChangeItems: modifying.change_items,
        FulfillOrder: shipping.fulfill,
        CreateDraftOrder: modifying.create_draft,
        TagCustomer: noting.tag_customer,
        TagProduct: noting.tag_product,
        SetPrice: catalogue.set_price,
        SetTexts: catalogue.set_texts,
        PublishProduct: catalogue.publish,
        CollectProduct: catalogue.collect,
        SetStock: catalogue.set_stock,
        SetMetafield: extras.set_metafield,
        CreateDiscountCode: extras.create_code,
    },
    reads={kind: reader(kind) for kind in ("order", "customer", "product", "stock_level")},
    fetch={kind: fetcher(kind) for kind in ("order", "customer", "product", "stock_level")},
    per_second=10.0,
)
