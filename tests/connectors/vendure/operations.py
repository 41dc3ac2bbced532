"""What was asked of a fresh Vendure test store, once each, when its answers were recorded: by the store's own ids.

Orders 1 to 8 were placed for it, of two totes each; what the last two cost was only authorized.
"""

from __future__ import annotations

from decimal import Decimal

from sereno.commerce.money import Money
from sereno.sdk import writes

ADDRESS = {"name": "Ana Ruiz", "line1": "Calle 1", "city": "Graz", "postal_code": "8010", "country": "AT"}
USD = "USD"
ORDERS = 8
AUTHORIZED = ("7", "8")

OPERATIONS: dict[str, writes.Write] = {
    "note": writes.NoteOrder("1", "Call first"),
    "tag": writes.TagOrder("1", ("vip",)),
    "untag": writes.TagOrder("1", remove=("vip",)),
    "refund": writes.RefundOrder("1", Money.parse("5.00", USD), note="late"),
    "refund-lines": writes.RefundOrder("2", lines=(writes.RefundLine("2", 1),), note="torn"),
    "refund-too-much": writes.RefundOrder("1", Money.parse("500", USD)),
    "cancel": writes.CancelOrder("3", reason="fraud"),
    "cancel-authorized": writes.CancelOrder("7"),
    "capture": writes.CapturePayment("8"),
    "ship": writes.FulfillOrder("4", tracking_number="T-1", carrier="DHL"),
    "cancel-shipped": writes.CancelOrder("4"),
    "address": writes.ChangeAddress("5", ADDRESS),
    "fewer-items": writes.ChangeItems("5", (writes.LineQuantity(1, "5"),)),
    "more-items": writes.ChangeItems("6", (writes.LineQuantity(1, variant="8"),)),
    "draft": writes.CreateDraftOrder("", "d@example.com", (writes.LineQuantity(2, variant="1"),), "n", ("b",), ADDRESS),
    "tag-customer": writes.TagCustomer("1", ("vip",)),
    "tag-product": writes.TagProduct("2", ("New in",)),
    "price": writes.SetPrice("2", "2", Money.parse("45.50", USD)),
    "texts": writes.SetTexts("2", "Té matcha", "<p>Del <em>valle</em> de Uji</p>"),
    "texts-title": writes.SetTexts("2", "Té matcha 30 g"),
    "hide": writes.PublishProduct("2", is_published=False),
    "stock": writes.SetStock("3", 20),
    "stock-changed": writes.SetStock("3", 5, expected=19),
    "field": writes.SetMetafield("order", "1", "colour", "azul"),
    "no-field": writes.SetMetafield("order", "1", "shape", "round"),
    "code": writes.CreateDiscountCode("GRACIAS", value=Decimal("12.5"), minimum=Money.parse("20", USD)),
    "collect": writes.CollectProduct("2", "sale"),
    "gone": writes.NoteOrder("999", "x"),
}
