"""What the codes of self-service mean: to the customer who reads them, and to staff who read the order's story.

A code that is not here (a store's own) is said in general.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

TO_CUSTOMER = {
    "change.off": mark("This order cannot be changed here. Write to the shop, and they will see to it."),
    "change.unknown": mark("This order cannot be changed here. Write to the shop, and they will see to it."),
    "change.no_store": mark("This order cannot be changed here. Write to the shop, and they will see to it."),
    "change.cancelled": mark("This order is cancelled."),
    "change.sent": mark("This order is on its way, so it cannot be changed any more."),
    "change.too_late": mark("The time for changes is over: the order is being prepared."),
    "change.routed": mark("The order is being prepared, so it cannot be changed any more."),
    "change.picked": mark("The order is being packed, so it cannot be changed any more."),
    "change.label": mark("The parcel is ready to leave, so the order cannot be changed any more."),
    "change.under_way": mark("A change of this order is just being made. Look again in a moment."),
    "change.not_offered": mark("That cannot be changed here. Write to the shop, and they will see to it."),
    "change.no_address": mark("Nothing of this order is sent, so it has no address."),
    "change.line_unknown": mark("The order has changed meanwhile. Look at it again, and choose once more."),
    "change.quantity": mark("Write how many you want as a whole number."),
    "change.more": mark("You can take fewer here, not more. Order the rest anew, or write to the shop."),
    "change.nothing": mark("That is how it is already: nothing had to be changed."),
    "change.empty": mark("Nothing would be left. To have none of it, cancel the order."),
    "change.too_long": mark("One line is too long. Use at most 120 characters for each."),
    "change.busy": mark("You have tried this often. Wait ten minutes, then try again."),
    "stock.short": mark("There is not enough of it left, so the order stays as it was."),
    "pay.cancelled": mark("This order is cancelled: there is nothing to pay."),
    "pay.paid": mark("This order is paid. You need do nothing else."),
    "pay.sent": mark("This order is on its way: pay at the door, as you chose."),
    "pay.nothing": mark("There is nothing to pay here for this order."),
    "pay.expired": mark("The offer is over: pay at the door, as you chose."),
    "pay.unknown": mark("It cannot be paid here. Write to the shop, and they will tell you how."),
    "pay.nowhere": mark("It cannot be paid here. Write to the shop, and they will tell you how."),
}
"""Each says what is so and what to do."""
TO_STAFF = {
    "change.too_late": mark("the time for it was over"),
    "change.sent": mark("it had left"),
    "change.cancelled": mark("it was cancelled already"),
    "change.routed": mark("it was routed already"),
    "change.picked": mark("its ticket was made already"),
    "change.label": mark("it had a label already"),
    "change.off": mark("self-service is off"),
    "change.unknown": mark("nobody said when it was placed"),
    "change.no_store": mark("no store may be written to, or it cannot do this"),
    "stock.short": mark("not enough in stock"),
    "store.none": mark("no store may be written to, or it cannot do this"),
    "store.cannot": mark("no store may be written to, or it cannot do this"),
}
KINDS = {"address": mark("delivery address"), "items": mark("goods"), "cancel": mark("cancellation")}
_ADDRESS = {
    "address.postal_code": mark("The postal code does not fit the country. Look at it once more."),
    "address.incomplete": mark("Something is missing. Fill in name, street, postal code and town."),
    "address.missing": mark("Something is missing. Fill in name, street, postal code and town."),
    "phone.invalid": mark("This telephone number cannot be right. Look at it once more."),
}


def to_customer(code: str) -> str:
    found = TO_CUSTOMER.get(code) or _ADDRESS.get(code)
    return str(found) if found else _("It could not be done, and the order stays as it was. Write to the shop, please.")


def to_staff(code: str) -> str:
    found = TO_STAFF.get(code)
    return str(found) if found else code


def change_words(data: Mapping[str, Any]) -> str:
    """What a fact of self-service is about, for staff: `goods`, `delivery address: the time for it was over`."""
    kind = KINDS.get(str(data.get("change_kind") or ""))
    reason = str(data.get("change_reason") or "")
    return ": ".join(one for one in (str(kind) if kind else "", to_staff(reason) if reason else "") if one)
