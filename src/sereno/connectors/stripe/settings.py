"""What connecting Stripe takes."""

from sereno.sdk.config import mark as _
from sereno.sdk.connector import Guide, Setting

GUIDE = Guide(
    brings=_("Payments that succeed or fail, refunds, disputes and payouts."),
    is_store=False,
    is_secret_theirs=True,
    settings=(
        Setting(
            "secret",
            _("Signing secret"),
            "secret",
            True,
            _("The endpoint's signing secret; it begins with whsec_."),
            begins="whsec_",
        ),
    ),
    steps=(
        _("In Stripe's dashboard open Developers, Webhooks, and press “Add endpoint”."),
        _("Endpoint URL: this connection's address. Choose the events listed here, and save."),
        _("On the endpoint's page press “Reveal” under Signing secret, copy it, and paste it here."),
        _("Press “Send test webhook”: it shows up on this page within a second."),
        _("So that payments find their orders, let the shop write its order's id into the metadata as order_id."),
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
