"""What a store's refusal means and what to do, by its code, in the reader's language. The platform's own words stand
beside it as they came.

Invariant: every code a connector raises has words here; a test reads the connectors for it.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as mark

_GONE = mark("It is not there any more over there. Skip this, or choose another in the step.")
_STATE = mark("The order is in a state in which the store does not allow it. Look at the order in the store.")
_SHIPPED = mark("Some of it has left already. Take it back as a return instead.")
_NOTHING_TO_SEND = mark("Nothing is left of the order that could be sent. Skip this.")
_HELD = mark("The order is held in the store. Release it first, then try again.")
_ADDRESS = mark("The order has no address that can be used. Give it one in the store, then try again.")
_CURRENCY = mark("The amount is in another currency than the store's. Change the step.")
_TOO_MUCH = mark("The amount is more than what is left. Look at the order's payments, and change the amount.")
_NOTHING_LEFT = mark("Nothing is left to give back. Skip this.")
_REFUND_HAND = mark("The store cannot give this money back by itself. Do it by hand, then skip this.")
_REFUND_NO = mark("The payment provider did not give it back. Its own words say why; do it by hand or try again.")
_UNCLEAR = mark("It cannot be told whether it happened. Look at the payment provider before you go on.")
_NO_CAPTURE = mark("No payment of the order waits to be taken. Skip this.")
_CAPTURE_WHOLE = mark("This store takes a payment only as a whole. Leave the amount out of the step.")
_CAPTURE_NO = mark("The payment was not taken. Its own words say why; ask the customer for another payment.")
_CODE_TAKEN = mark("The store has a code of this name already. Let the step make another.")
_DISCOUNT = mark("This store has no discounts of that kind. Change the step.")
_PLATFORM = mark("This store's platform cannot do it like this. Change the step, or do it by hand.")
_WHICH_PLACE = mark("The store counts it at several places, or at none. Name the place in the step.")
_UNTRACKED = mark("The store does not count this item. Switch counting on over there, then try again.")
_STOCK_MOVED = mark("The stock changed over there meanwhile. The next change takes the new figure; skip this.")
_NO_STOCK = mark("There is not enough on the shelf for it in the store. Bring the stock up to date, then try again.")
_PRICE = mark("The item has no price that could be changed there. Give it one in the store first.")
_KEY = mark("The store does not take Sereno's key any more. Give the connection a good one, then try again.")
_MAY_NOT = mark("The key may not do this. Give it the permission in the store, then try again.")
_WHERE = mark("The connection does not say where the store is. Fill in its address, then try again.")
_REFUSED = mark("The store said no. Its own words say why; mend it there or in the step, then try again.")

WORDS: Mapping[str, str] = {
    "cancel.paid": mark("This store cancels a paid order only by giving the money back. Let the step refund."),
    "cancel.restocks": mark("This store puts the goods back when it cancels. Let the step restock."),
    "capture.by_plugin": mark("This way of paying is not taken through the store. Take it by hand."),
    "capture.currency": _CURRENCY,
    "capture.failed": _CAPTURE_NO,
    "capture.nothing": _NO_CAPTURE,
    "capture.nothing_authorized": _NO_CAPTURE,
    "capture.partial": _CAPTURE_WHOLE,
    "capture.refused": _CAPTURE_NO,
    "capture.too_much": _TOO_MUCH,
    "capture.whole_only": _CAPTURE_WHOLE,
    "collection.gone": _GONE,
    "collection.no_catalog": mark("The connection does not say which catalogue it is. Name it beside the key."),
    "content.blog_gone": _GONE,
    "content.changed": mark("It was changed over there just now. It is looked at anew; try again."),
    "content.field_unknown": _PLATFORM,
    "content.file_unknown": mark("The store has no file of this kind that can be written. Change the name."),
    "content.not_text": mark("The file holds no text, so it could not be put back. Choose another."),
    "content.theme_gone": _GONE,
    "customer.gone": _GONE,
    "customer.guest": mark("A guest has no record in the store that could be written on. Skip this."),
    "customer.no_email": mark("The customer has no e-mail address in the store. Skip this."),
    "discount.code_taken": _CODE_TAKEN,
    "discount.currency": _CURRENCY,
    "discount.customer": _DISCOUNT,
    "discount.exists": _CODE_TAKEN,
    "discount.later": _DISCOUNT,
    "discount.no_customer": _DISCOUNT,
    "discount.no_rule": _DISCOUNT,
    "discount.one_customer": _DISCOUNT,
    "discount.refused": _DISCOUNT,
    "discount.start": _DISCOUNT,
    "discount.taken": _CODE_TAKEN,
    "draft.no_address": _ADDRESS,
    "draft.no_discount": _DISCOUNT,
    "draft.no_region": mark("The store has no region to sell in. Make one there, then try again."),
    "feed.unknown": mark("No column of this table is known. Name its columns in the connection's settings."),
    "fulfillment.no_tracking": mark("This store wants a carrier and a tracking number. Give the step both."),
    "fulfillment.partial": mark("This store sends an order only as a whole. Let the step send all of it."),
    "line.gone": _GONE,
    "metafield.unknown": mark("The store has no field of this name. Make it there first, then try again."),
    "metafield.value": mark("The value does not fit the field's kind. Change the step."),
    "note.full": mark("The order's notes are full in the store. Take old ones out there, then try again."),
    "order.closed": _STATE,
    "order.exported": mark("The warehouse has the order already. Stop it there, and do this by hand."),
    "order.fulfilled": _SHIPPED,
    "order.gone": _GONE,
    "order.held": _HELD,
    "order.line_unknown": _GONE,
    "order.many_addresses": _ADDRESS,
    "order.no_address": _ADDRESS,
    "order.not_cancelled": _STATE,
    "order.not_editable": _STATE,
    "order.not_held": mark("The order waits for another reason than Sereno's hold. Release it in the store."),
    "order.not_paid": mark("The store sends only paid orders. Settle the payment, then try again."),
    "order.nothing_to_hold": mark("Nothing of the order can be held any more. Skip this."),
    "order.nothing_to_send": _NOTHING_TO_SEND,
    "order.nothing_to_ship": _NOTHING_TO_SEND,
    "order.on_hold": _HELD,
    "order.refund_always": mark("This store gives the money back when it cancels. Let the step refund."),
    "order.restock_only": mark("This store puts the goods back when it cancels. Let the step restock."),
    "order.shipped": _SHIPPED,
    "order.state": _STATE,
    "payment.no_app": mark("The store has no payment app that does this. Connect one there, then try again."),
    "payment.not_voided": mark("The payment could not be voided. Void it at the payment provider, then skip this."),
    "payment.unclear": _UNCLEAR,
    "price.currency": _CURRENCY,
    "price.missing": mark("The step names no price. Change the step."),
    "price.no_compare_at": _PLATFORM,
    "price.none": _PRICE,
    "product.gone": _GONE,
    "refund.by_hand": _REFUND_HAND,
    "refund.currency": _CURRENCY,
    "refund.declined": _REFUND_NO,
    "refund.no_way": _REFUND_HAND,
    "refund.not_paid": mark("The order is not paid: there is nothing to give back. Skip this."),
    "refund.nothing": _NOTHING_LEFT,
    "refund.nothing_left": _NOTHING_LEFT,
    "refund.refused": _REFUND_NO,
    "refund.too_much": _TOO_MUCH,
    "refund.unknown": _UNCLEAR,
    "stock.below_zero": mark("This store keeps no stock below zero. Change the figure."),
    "stock.by_parent": mark("The store counts this item with its product. Let it count each variation."),
    "stock.changed": _STOCK_MOVED,
    "stock.insufficient": _NO_STOCK,
    "stock.kit": mark("The item is made of several. Set the stock of each of them."),
    "stock.location_missing": _WHICH_PLACE,
    "stock.no_warehouse": mark("No warehouse of the store keeps this item. Add one there, then try again."),
    "stock.not_tracked": _UNTRACKED,
    "stock.untracked": _UNTRACKED,
    "stock.which_location": _WHICH_PLACE,
    "stock.which_warehouse": _WHICH_PLACE,
    "store.cannot": mark("The store's platform cannot do this. Take the step out of the flow, or do it by hand."),
    "store.closed": mark("The store is closed over there. Open it again, then try again."),
    "store.key_lacks": _MAY_NOT,
    "store.key_missing": _KEY,
    "store.key_refused": _KEY,
    "store.no_address": _WHERE,
    "store.no_route": mark("The store does not offer this part of its interface. Switch it on there."),
    "store.not_found": mark("The store does not know the record any more. Skip this."),
    "store.not_understood": mark("What answers at the store's address is not this platform. Look at the address."),
    "store.blocked": mark("The store's address is not public. Add its host to allowed_hosts if it is yours."),
    "store.refused": _REFUSED,
    "store.too_costly": mark("The store asks too much for this question. Try again later, with fewer records at once."),
    "texts.missing": mark("The step gives neither a title nor a description. Change the step."),
    "variant.gone": _GONE,
    "list.missing": mark("The step names no list, and the connection no usual one. Name one."),
    "card.missing": mark("The card's or the list's id is none of the board's. Change the step."),
    "ticket.missing": mark("The ticket's number is none of the help desk's. Change the step."),
    "person.refused": mark("The tool does not take this person. Read what it said, then skip or mend it."),
    "points.unclear": mark("The answer was lost, so they may have been given. Look there, then try again or skip."),
    "points.too_many": mark("The tool takes fewer points at once. Change the step."),
}  # fmt: skip


def meaning(code: str) -> str:
    """In the reader's language; "" for a code that is none of a store's."""
    text = WORDS.get(code)
    return _(text) if text else ""
