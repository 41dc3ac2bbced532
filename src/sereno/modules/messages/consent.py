"""Whether a mail may go out. Pure but for what the ledger says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sereno.sdk.ports import Consents
from sereno.sdk.topics import purpose_of

Refusal = Literal["consent.missing", "consent.refused", "consent.topic_refused", "address.suppressed"]


FLAGS = {"email": "accepts_email", "sms": "accepts_sms"}
"""Channel -> the flag of a customer's record on it; of the others the ledger alone tells."""


def refusal(
    consents: Consents,
    address: str,
    purpose: str,
    customer: Mapping[str, Any] | None,
    ticked: bool | None,
    *,
    channel: str = "email",
    is_own: bool | None = None,
    topic: str | None = None,
) -> Refusal | None:
    """Why not, or None when the message may go. `is_own`: the address is the customer's; None: as their record's e-mail
    tells.

    1. A suppressed address is never written to, whatever the purpose.
    2. What is transactional needs no consent.
    3. The ledger holds what the person said to us, and wins over the platform. A no of the customer record stands even
       so: the record comes with the ledger already in it, and says no only where the platform's no is the later word.
    4. Else the customer record decides (`accepts_email`, `accepts_sms`), else what was `ticked` on the order or cart.
    5. Silence is not consent.
    6. Whoever said no to the `topic` by this channel gets nothing about it; who never spoke of it may.
    """
    if consents.is_suppressed(address, channel):
        return "address.suppressed"
    if purpose == "transactional":
        return None
    said = consents.allows(address, channel, "marketing")
    flag = FLAGS.get(channel)
    if customer is not None and flag is not None:
        if is_own is None:
            is_own = address in (str(customer.get("email") or "").strip().lower(), *(customer.get("emails") or ()))
        if said is None or (said and is_own and customer.get(flag) is False):
            said = customer.get(flag)
    if said is None:
        said = ticked
    if said is None:
        return "consent.missing"
    if not said:
        return "consent.refused"
    is_unwanted = topic is not None and consents.allows(address, channel, purpose_of(topic)) is False
    return "consent.topic_refused" if is_unwanted else None
