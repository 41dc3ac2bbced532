"""What can be asked of a shop's own platform, one value class per ability.

Invariant: a write is a value. It names records by their keys as Sereno has them; whoever carries it out hands the
connector the same write with the platform's own ids (`plain`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

from sereno.commerce.money import Money
from sereno.sdk.site_writes import PublishTheme, SetThemeFile, WritePage, WritePost
from sereno.sdk.write_values import Part, Write

MONEY_OF_ORDER = frozenset({"payment_status", "total_refunded", "payments", "refunds", "paid_at", "platform_status"})
PARCELS_OF_ORDER = frozenset({"fulfillment_status", "delivery_status", "fulfillments", "lines", "platform_status"})
TOTALS_OF_ORDER = frozenset(
    {"total", "subtotal", "total_discount", "total_shipping", "total_tax", "lines", "line_count", "item_count"}
)
IN_THE_END = frozenset({"status", "completed_at"})
PRICES = frozenset({"price", "compare_at_price", "old_price", "variants"})


def _tags(add: tuple[str, ...], remove: tuple[str, ...]) -> dict[str, Any]:
    return {"tags": {"add": list(add), "remove": list(remove)}}


@dataclass(frozen=True, slots=True)
class OfOrder(Write):
    order: str
    echoes: ClassVar[frozenset[str]] = frozenset({"order", "fulfillment", "payment", "refund", "shipment"})

    @property
    def about(self) -> tuple[str, str]:
        return "order", self.order


@dataclass(frozen=True, slots=True)
class OfProduct(Write):
    product: str
    echoes: ClassVar[frozenset[str]] = frozenset({"product", "variant"})

    @property
    def about(self) -> tuple[str, str]:
        return "product", self.product


# --- orders -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TagOrder(OfOrder):
    """Put tags on and take tags off; either, done twice, changes nothing."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    ability: ClassVar[str] = "tag_order"

    def marks(self) -> dict[str, Any]:
        return _tags(self.add, self.remove)


@dataclass(frozen=True, slots=True)
class NoteOrder(OfOrder):
    """Add a line to the order's internal note; the customer does not see it."""

    text: str = ""
    ability: ClassVar[str] = "note_order"
    changes: ClassVar[frozenset[str]] = frozenset({"note"})


@dataclass(frozen=True, slots=True)
class HoldFulfillment(OfOrder):
    """Nothing of it may leave. `reason` is one of Sereno's codes, `note` a sentence for staff."""

    reason: str = "other"
    note: str = ""
    ability: ClassVar[str] = "hold_fulfillment"
    changes: ClassVar[frozenset[str]] = PARCELS_OF_ORDER


@dataclass(frozen=True, slots=True)
class ReleaseFulfillment(OfOrder):
    """Take back what `HoldFulfillment` did."""

    ability: ClassVar[str] = "release_fulfillment"
    changes: ClassVar[frozenset[str]] = PARCELS_OF_ORDER


@dataclass(frozen=True, slots=True)
class CancelOrder(OfOrder):
    """Cancel what has not left. `refund`: give back what was paid, or void what was only authorized."""

    reason: Literal["customer", "fraud", "inventory", "declined", "other"] = "other"
    note: str = ""
    restock: bool = True
    refund: bool = True
    notify: bool = True
    ability: ClassVar[str] = "cancel_order"
    changes: ClassVar[frozenset[str]] = (
        MONEY_OF_ORDER | PARCELS_OF_ORDER | TOTALS_OF_ORDER | IN_THE_END | {"cancelled_at", "cancel_reason"}
    )


@dataclass(frozen=True, slots=True)
class RefundLine(Part):
    line: str
    quantity: int
    restock: bool = True


@dataclass(frozen=True, slots=True)
class RefundOrder(OfOrder):
    """Give money back: `amount`, else what the lines cost, else all that is left."""

    amount: Money | None = None
    lines: tuple[RefundLine, ...] = ()
    note: str = ""
    notify: bool = True
    ability: ClassVar[str] = "refund_order"
    changes: ClassVar[frozenset[str]] = MONEY_OF_ORDER | PARCELS_OF_ORDER | TOTALS_OF_ORDER | IN_THE_END

    def marks(self) -> dict[str, Any]:
        return {**OfOrder.marks(self), "amount": {"is": str(self.amount.amount)} if self.amount else {}}


@dataclass(frozen=True, slots=True)
class CapturePayment(OfOrder):
    """Take what was authorized: `amount`, or all of it."""

    amount: Money | None = None
    ability: ClassVar[str] = "capture_payment"
    changes: ClassVar[frozenset[str]] = MONEY_OF_ORDER | IN_THE_END


@dataclass(frozen=True, slots=True)
class ChangeAddress(OfOrder):
    """Send it elsewhere. `address` is a canonical address record, whole."""

    address: Mapping[str, Any] = field(default_factory=dict[str, Any])
    ability: ClassVar[str] = "change_address"
    changes: ClassVar[frozenset[str]] = frozenset({"shipping_address", "phone"}) | TOTALS_OF_ORDER


@dataclass(frozen=True, slots=True)
class LineQuantity(Part):
    """How many of a line are wanted now (0 takes it out), or a new line of a variant."""

    quantity: int
    line: str = ""
    variant: str = ""


@dataclass(frozen=True, slots=True)
class ChangeItems(OfOrder):
    """Change an order's lines before it leaves; the platform reckons totals and taxes anew."""

    lines: tuple[LineQuantity, ...] = ()
    note: str = ""
    notify: bool = True
    ability: ClassVar[str] = "change_items"
    changes: ClassVar[frozenset[str]] = MONEY_OF_ORDER | PARCELS_OF_ORDER | TOTALS_OF_ORDER | {"note"}


@dataclass(frozen=True, slots=True)
class FulfillOrder(OfOrder):
    """Say that it left: all that is open, or these lines."""

    lines: tuple[LineQuantity, ...] = ()
    tracking_number: str = ""
    carrier: str = ""
    tracking_url: str = ""
    notify: bool = True
    ability: ClassVar[str] = "fulfill_order"
    changes: ClassVar[frozenset[str]] = PARCELS_OF_ORDER | IN_THE_END


@dataclass(frozen=True, slots=True)
class CreateDraftOrder(Write):
    """An order to be confirmed by staff or paid by a link."""

    customer: str = ""
    email: str = ""
    lines: tuple[LineQuantity, ...] = ()
    note: str = ""
    tags: tuple[str, ...] = ()
    address: Mapping[str, Any] = field(default_factory=dict[str, Any])
    discount: Money | None = None
    ability: ClassVar[str] = "create_draft_order"
    echoes: ClassVar[frozenset[str]] = frozenset({"draft_order"})

    @property
    def about(self) -> tuple[str, str]:
        return ("customer", self.customer) if self.customer else ("order", "")


# --- people -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TagCustomer(Write):
    """Put tags on and take tags off; either, done twice, changes nothing."""

    customer: str
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    ability: ClassVar[str] = "tag_customer"
    echoes: ClassVar[frozenset[str]] = frozenset({"customer"})

    @property
    def about(self) -> tuple[str, str]:
        return "customer", self.customer

    def marks(self) -> dict[str, Any]:
        return _tags(self.add, self.remove)


# --- catalogue, prices, stock -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TagProduct(OfProduct):
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    ability: ClassVar[str] = "tag_product"

    def marks(self) -> dict[str, Any]:
        return _tags(self.add, self.remove)


@dataclass(frozen=True, slots=True)
class SetPrice(OfProduct):
    """The price of one variant: None leaves it. `compare_at` is the price struck through: None leaves it too, an amount
    of 0 clears it. Either can be changed alone."""

    variant: str = ""
    price: Money | None = None
    compare_at: Money | None = None
    ability: ClassVar[str] = "set_price"
    changes: ClassVar[frozenset[str]] = PRICES


@dataclass(frozen=True, slots=True)
class SetTexts(OfProduct):
    """What a product is called and how it is described. `title`: "" leaves it. `description` is HTML: None leaves it,
    "" takes it away. A platform with several languages is told its main one; the others stay."""

    title: str = ""
    description: str | None = None
    ability: ClassVar[str] = "set_texts"

    def marks(self) -> dict[str, Any]:
        """Any change to what is given: platforms clean titles and mark-up in their own ways. Some have the title in
        each variant too."""
        of_title = ("title", "variant_title", "variants") if self.title else ()
        return {name: {} for name in (*of_title, *(("description",) if self.description is not None else ()))}


@dataclass(frozen=True, slots=True)
class PublishProduct(OfProduct):
    """Show it in the shop, or hide it."""

    is_published: bool = True
    ability: ClassVar[str] = "publish_product"
    changes: ClassVar[frozenset[str]] = frozenset({"status", "published_at"})


@dataclass(frozen=True, slots=True)
class CollectProduct(OfProduct):
    """Put it into a collection (a category), or take it out. `collection` is the platform's id or its handle."""

    collection: str = ""
    is_in: bool = True
    ability: ClassVar[str] = "collect_product"
    changes: ClassVar[frozenset[str]] = frozenset({"categories"})


@dataclass(frozen=True, slots=True)
class SetStock(Write):
    """How many of a variant can be sold at a location ("" where the platform has one). `expected`: only if the platform
    still has this figure; it refuses with `stock.changed` otherwise."""

    variant: str
    available: int
    product: str = ""
    inventory_item: str = ""
    sku: str = ""
    location: str = ""
    expected: int | None = None
    ability: ClassVar[str] = "set_stock"
    echoes: ClassVar[frozenset[str]] = frozenset({"stock", "product", "variant"})

    @property
    def about(self) -> tuple[str, str]:
        return "variant", self.variant

    def marks(self) -> dict[str, Any]:
        return {
            "available": {"is": self.available},
            "on_hand": {},
            "locations": {},
            "location_times": {},
            "variants": {},
        }


@dataclass(frozen=True, slots=True)
class SetMetafield(Write):
    """A value of the shop's own on a record. `of` is `order`, `customer`, `product` or `variant`; `type` is the kind of
    value by Shopify's names, which others map."""

    of: Literal["order", "customer", "product", "variant"]
    key: str
    name: str
    value: str
    namespace: str = "sereno"
    type: str = "single_line_text_field"
    ability: ClassVar[str] = "set_metafield"
    changes: ClassVar[frozenset[str]] = frozenset({"custom"})
    echoes: ClassVar[frozenset[str]] = frozenset({"order", "customer", "product", "variant"})

    @property
    def about(self) -> tuple[str, str]:
        return self.of, self.key


# --- incentives -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CreateDiscountCode(Write):
    """A code customers type in. `value` is in percent, or an amount of `currency`, taken off one piece of `variant`
    alone where it names one and the store knows such codes. `customer`: only their account may use it; stores that
    cannot keep it so refuse. The same code made again by the same effect is no second one."""

    code: str
    kind: Literal["percentage", "fixed", "free_shipping"] = "percentage"
    value: Decimal = Decimal(0)
    currency: str = ""
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    most_uses: int | None = 1
    is_once_per_customer: bool = True
    minimum: Money | None = None
    customer: str = ""
    variant: str = ""
    ability: ClassVar[str] = "create_discount_code"
    echoes: ClassVar[frozenset[str]] = frozenset({"discount"})

    @property
    def about(self) -> tuple[str, str]:
        return ("customer", self.customer) if self.customer else ("discount", "")


WRITES: tuple[type[Write], ...] = (
    TagOrder,
    NoteOrder,
    HoldFulfillment,
    ReleaseFulfillment,
    CancelOrder,
    RefundOrder,
    CapturePayment,
    ChangeAddress,
    ChangeItems,
    FulfillOrder,
    CreateDraftOrder,
    TagCustomer,
    TagProduct,
    SetPrice,
    SetTexts,
    PublishProduct,
    CollectProduct,
    SetStock,
    SetMetafield,
    CreateDiscountCode,
    WritePost,
    WritePage,
    SetThemeFile,
    PublishTheme,
)
"""All there are, in the order people read them."""
