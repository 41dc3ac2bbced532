"""Where an order stands, in words with a shape and a tone."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from sereno.web.words import Word

STATUS = {
    "cancelled": Word(_("Cancelled"), "ban", "idle"),
    "deleted": Word(_("Deleted"), "trash", "idle"),
    "draft": Word(_("Draft"), "pencil", "idle"),
    "completed": Word(_("Completed"), "circle-check", "ok"),
}
"""An open order says nothing: all are, at first."""
PAYMENT = {
    "pending": Word(_("Not paid"), "clock", "lamp"),
    "authorized": Word(_("Authorised"), "hourglass", "info"),
    "partially_paid": Word(_("Paid in part"), "clock", "lamp"),
    "paid": Word(_("Paid"), "circle-check", "ok"),
    "partially_refunded": Word(_("Refunded in part"), "undo", "idle"),
    "refunded": Word(_("Refunded"), "undo", "idle"),
    "voided": Word(_("Voided"), "circle-slash", "idle"),
    "failed": Word(_("Payment failed"), "circle-x", "bad"),
}
SENT = {
    "unfulfilled": Word(_("Not sent"), "package", "idle"),
    "partial": Word(_("Sent in part"), "package", "info"),
    "fulfilled": Word(_("Sent"), "send", "ok"),
    "restocked": Word(_("Back in stock"), "undo", "idle"),
}
HELD = Word(_("Held"), "hand", "lamp")


def words_of(status: str | None, payment: str | None, sent: str | None, *, is_held: bool = False) -> list[Word]:
    """What is worth saying, the most pressing first."""
    found = [HELD] if is_held else []
    said = STATUS.get(status or "")
    if said is not None and not (status == "completed" and sent == "fulfilled"):
        found.append(said)
    if status in ("cancelled", "deleted") and payment in (None, "pending"):
        return found
    for value, words in ((payment, PAYMENT), (sent, SENT)):
        word = words.get(value or "")
        if word is not None:
            found.append(word)
    return found
