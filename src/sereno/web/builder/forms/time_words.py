"""What units of time and weekdays are called."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNITS: tuple[tuple[str, str | Promise], ...] = (
    ("m", _("minutes")),
    ("h", _("hours")),
    ("d", _("days")),
    ("w", _("weeks")),
)
DAYS: tuple[tuple[str, str | Promise], ...] = (
    ("mon", _("Monday")),
    ("tue", _("Tuesday")),
    ("wed", _("Wednesday")),
    ("thu", _("Thursday")),
    ("fri", _("Friday")),
    ("sat", _("Saturday")),
    ("sun", _("Sunday")),
)
