"""What the flows are called that every shop has of itself: they bear English names in their files."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TITLES: Mapping[str, Promise] = {
    "checkout-abandoned": _("Notice abandoned carts"),
    "confirm-notices": _("Confirm that a service may tell us things"),
    "confirm-subscription": _("Ask whether a subscription is meant"),
    "follow-messages": _("Follow what becomes of messages by channels"),
    "hear-channels": _("Take in what people write by channels"),
    "look-up-person": _("Look up of whom something changed in another tool"),
    "loyalty-rewards": _("Make the codes that were bought with points"),
    "risk-outcomes": _("Learn what became of risky orders"),
    "site-content": _("Have the store's site be as campaigns want it"),
    "social-posts": _("Publish posts on social networks"),
    "take-desk-links": _("Take in who of the staff is who in a chat"),
    "take-presses": _("Take answers of staff in chats"),
}
