"""A visit of a customer who is signed in begins, and is over."""

from __future__ import annotations

from sereno.commerce.records.visits import VISIT
from sereno.sdk.plugin import event

for _name, _description in (
    (
        "visit.started",
        "A known customer came to the storefront: the first page after 30 minutes without one. Programs are not "
        "counted.",
    ),
    ("visit.ended", "A known customer has left the storefront: 30 minutes passed since the last page."),
):
    event(_name, description=_description, data=VISIT, supplies=frozenset({"customer"}), projects="customer")
