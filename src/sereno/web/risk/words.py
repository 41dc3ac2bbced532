"""What lists hold, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

KINDS = {
    "email": _("E-mail address"),
    "domain": _("Mail domain"),
    "phone": _("Telephone number"),
    "ip": _("IP address"),
    "card": _("Card"),
    "device": _("Device"),
    "address": _("Delivery address"),
    "name": _("Name"),
}
LISTS = {"block": _("Blocked"), "allow": _("Allowed")}
