"""What connecting Stripe takes."""

from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    settings=(
        Setting("secret", "Signing secret", "secret", True, "The endpoint's signing secret; it begins with whsec_."),
    ),
    steps=(
        "In Stripe's dashboard open Developers, Webhooks, and add an endpoint with the URL {address}.",
        "Choose the events below, save, and copy the endpoint's signing secret to here.",
        "So that payments find their orders, let the shop write its order's id into the metadata as order_id.",
    ),
    topics=(
        "payment_intent.succeeded",
        "payment_intent.payment_failed",
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.closed",
        "checkout.session.completed",
        "payout.paid",
        "payout.failed",
    ),
)
