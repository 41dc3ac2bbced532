"""What comes back for a message, as the mail provider tells it (by its webhook, say)."""

from __future__ import annotations

from sereno.commerce.records import MESSAGE_ANSWER
from sereno.sdk.plugin import event

OF_CUSTOMER = frozenset({"customer"})

event(
    "message.complained",
    description="The reader marked a message as spam; the address is not written to any more.",
    data=MESSAGE_ANSWER,
    supplies=OF_CUSTOMER,
)
event(
    "message.bounced",
    description="A message could not be delivered; a dead address is not written to any more.",
    data=MESSAGE_ANSWER,
    supplies=OF_CUSTOMER,
)
