"""Words of the states of purchase orders, and of how forecasts were made."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from sereno.web.words import Word

STATES: dict[str, Word] = {
    "draft": Word(_("Draft"), "pencil", "lamp"),
    "approved": Word(_("Approved, not sent yet"), "clock", "info"),
    "sent": Word(_("Sent"), "send", "info"),
    "confirmed": Word(_("Confirmed"), "check", "ok"),
    "partial": Word(_("Received in part"), "package", "lamp"),
    "received": Word(_("Received"), "circle-check", "ok"),
    "cancelled": Word(_("Cancelled"), "ban", "idle"),
}
METHODS: dict[str, str | Promise] = {
    "steady": _("steady demand"),
    "patchy": _("patchy demand"),
    "rare": _("rare demand"),
    "new": _("new, by similar items"),
    "mean12": _("mean of 12 weeks"),
}
FEASTS: dict[str, str | Promise] = {
    "black_friday": _("Black Friday and Cyber Monday"),
    "three_kings": _("Three Kings"),
    "valentines": _("Valentine's Day"),
    "womens_day": _("Women's Day"),
    "easter": _("Easter"),
    "mothers_day": _("Mother's Day"),
    "fathers_day": _("Father's Day"),
    "childrens_day": _("Children's Day"),
    "public_holiday": _("Public holiday"),
}
BASES: dict[str, str | Promise] = {
    "learned": _("as it was before"),
    "assumed": _("assumed: it never came yet"),
    "unused": _("not counted with: it made earlier forecasts no better"),
}
SEND_BY: tuple[tuple[str, str | Promise], ...] = (
    ("email", _("By e-mail")),
    ("api", _("By API, signed")),
    ("hand", _("By hand: I send it myself")),
)
