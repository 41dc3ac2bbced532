"""Whether a mail may go out. Pure but for what the ledger says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sereno.sdk.ports import Consents

Refusal = Literal["consent.missing", "consent.refused", "address.suppressed"]


def refusal(
    consents: Consents, address: str, purpose: str, customer: Mapping[str, Any] | None, ticked: bool | None
) -> Refusal | None:
    """Why not, or None when the mail may go.

    1. A suppressed address is never written to, whatever the purpose.
    2. What is transactional needs no consent.
    3. The ledger holds what the person said to us, and wins over the platform. A no of the customer record stands even
       so: the record comes with the ledger already in it, and says no only where the platform's no is the later word.
    4. Else the customer record decides (`accepts_email`), else what was `ticked` on the order or cart.
    5. Silence is not consent.
    """
    if consents.is_suppressed(address, "email"):
        return "address.suppressed"
    if purpose == "transactional":
        return None
    said = consents.allows(address, "email", "marketing")
    if customer is not None:
        is_own = str(customer.get("email") or "").strip().lower() == address
        if said is None or (said and is_own and customer.get("accepts_email") is False):
            said = customer.get("accepts_email")
    if said is None:
        said = ticked
    if said is None:
        return "consent.missing"
    return None if said else "consent.refused"
