"""Words of the customers' pages: consent, why records are one person, and what the story is narrowed to."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sereno.web.words import Word

CONSENTS: dict[str, Word] = {
    "yes": Word(_("Marketing allowed"), "circle-check", "ok"),
    "no": Word(_("No marketing"), "ban", "idle"),
    "unknown": Word(_("Never asked"), "circle", "idle"),
}
SAID: dict[bool | None, Word] = {
    True: Word(_("Allowed"), "circle-check", "ok"),
    False: Word(_("Refused"), "ban", "idle"),
    None: Word(_("Never asked"), "circle", "idle"),
}
STOPPED = Word(_("Never written to"), "ban", "bad")
RULES: dict[str, str | Promise] = {
    "same_account": _("the same account in your store"),
    "same_email": _("the same e-mail address"),
    "same_phone": _("the same telephone and name"),
    "email_unverified": _("the same e-mail address, which one of them never confirmed"),
    "email_other_name": _("the same e-mail address under different names"),
    "phone_shared": _("the same telephone under different names: a family or an office, perhaps"),
    "by_hand": _("joined by hand"),
    "through": _("joined through a record that was taken out"),
}
CHANNELS: dict[str, str | Promise] = {
    "email": _("E-mail"),
    "sms": _("Text message"),
    "whatsapp": "WhatsApp",
    "push": _("Push message"),
    "telegram": "Telegram",
}
KINDS: dict[str, tuple[str | Promise, tuple[str, ...]]] = {
    "orders": (
        _("Orders and carts"),
        ("order.", "cart.", "checkout.", "payment.", "refund.", "return.", "fulfillment."),
    ),
    "messages": (_("Messages"), ("message.", "chat.", "survey.", "form.")),
    "visits": (_("Visits and looks"), ("visit.", "product.viewed", "wish.", "waiting.")),
    "consent": (_("Consent"), ("consent.",)),
    "segments": (_("Segments and scores"), ("segment.", "customer.", "risk.", "interest.")),
}
"""What the story may be narrowed to, by how types of events begin."""
ICONS = {
    "order": ("shopping-cart", "info"),
    "cart": ("shopping-cart", ""),
    "checkout": ("shopping-cart", ""),
    "payment": ("circle-check", "ok"),
    "refund": ("undo", "lamp"),
    "return": ("undo", "lamp"),
    "fulfillment": ("package", "ok"),
    "shipment": ("package", "ok"),
    "message": ("mail", "info"),
    "chat": ("message-circle", "info"),
    "survey": ("star", "ok"),
    "form": ("clipboard", "ok"),
    "lead": ("flag", "lamp"),
    "consent": ("shield-check", "ok"),
    "segment": ("filter", ""),
    "risk": ("shield-check", "lamp"),
    "interest": ("eye", ""),
    "product": ("eye", ""),
    "visit": ("globe", ""),
    "code": ("tag", "info"),
    "points": ("star", "ok"),
    "customer": ("user", ""),
}
"""Of a moment in the story, by the noun of its event: icon and tone."""
