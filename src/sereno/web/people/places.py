"""What a shop is asked about when it is made and on its page: name, money, clock, language, texts, thresholds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from babel.numbers import list_currencies
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.engine.control import MOST_HELD_OUT
from sereno.engine.durations import is_duration
from sereno.store.models import Shop
from sereno.web.shell import LANGUAGES

Read = Callable[[str], Any]
"""From what was typed to what is kept. Raises ValueError with what to do."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of `Shop.settings` with its words on the page."""

    key: str
    label: str | Promise
    help: str | Promise
    read: Read
    type: str = "text"


def _text(typed: str) -> str:
    return typed[:500]


def _email(typed: str) -> str:
    try:
        validate_email(typed)
    except ValidationError:
        raise ValueError(_("Write a whole e-mail address, such as ana@example.com.")) from None
    return typed


def _address(typed: str) -> str:
    parts = urlsplit(typed)
    if parts.scheme not in ("http", "https") or not parts.hostname or "." not in parts.hostname:
        raise ValueError(_("Write a whole address that begins with https://."))
    return typed[:500]


def _duration(typed: str) -> str:
    if not is_duration(typed):
        raise ValueError(_("Write a time such as 45m, 1h or 2d."))
    return typed


def _count(typed: str) -> int:
    if not re.fullmatch(r"\d{1,9}", typed):
        raise ValueError(_("Write a whole number, such as 5."))
    return int(typed)


def _amount(typed: str) -> int | str:
    try:
        value = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        raise ValueError(_("Write an amount, such as 200 or 199.90.")) from None
    if not value.is_finite() or not 0 <= value < 10**12:
        raise ValueError(_("Write an amount, such as 200 or 199.90."))
    return int(value) if value == value.to_integral_value() else str(value)


def _percentage(typed: str) -> int | str:
    if not re.fullmatch(r"\d{1,2}([.,]\d{1,2})?", typed) or Decimal(typed.replace(",", ".")) > MOST_HELD_OUT:
        raise ValueError(_("Write a percentage from 0 to 50, such as 5."))
    value = Decimal(typed.replace(",", "."))
    return int(value) if value == value.to_integral_value() else str(value.normalize())


def _colour(typed: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", typed):
        raise ValueError(_("Write a colour as #rrggbb, such as #2f6f4f."))
    return typed.lower()


SENDER = (
    Setting("sender_name", mark("Sender's name"),
            mark("What customers see their mails come from; the shop's name when empty."), _text),
    Setting("sender_email", mark("Sender's address"),
            mark("Your mail server must be allowed to send for it."), _email, "email"),
    Setting("reply_to", mark("Answers go to"), mark("The sender's address when empty."), _email, "email"),
    Setting("postal_address", mark("Postal address"),
            mark("At the foot of marketing mails; the law asks for it."), _text),
    Setting("website", mark("Website"), "", _address, "url"),
    Setting("story", mark("What the shop says of itself"),
            mark("A sentence or two, in the shop's language: the welcome begins with them."), _text),
    Setting("support_email", mark("Help by e-mail"), mark("Where customers get help."), _email, "email"),
    Setting("support_phone", mark("Help by telephone"), "", _text, "tel"),
    Setting("brand_color", mark("Colour of buttons in mails"), mark("As #rrggbb."), _colour),
)  # fmt: skip
THRESHOLDS = (
    Setting("abandoned_after", mark("A cart is abandoned after"),
            mark("How long it must rest: 45m, 1h, 2d. One hour when empty."), _duration),
    Setting("low_stock_threshold", mark("Stock is low at"),
            mark("This many pieces or fewer; 5 when empty."), _count),
    Setting("high_value_amount", mark("An order is of high value from"),
            mark("In the shop's currency; 200 when empty."), _amount),
    Setting("sms_price", mark("SMS: price of a message"),
            mark("What one costs, in the shop's currency; back-tests count with it."), _amount),
    Setting("recovery_code", mark("Discount code for abandoned carts"),
            mark("The second message offers it."), _text),
    Setting("recovery_percent", mark("Its worth in percent"),
            mark("Without it the message speaks of free shipping."), _count),
)  # fmt: skip
ALERTS = (
    Setting("alert_email", mark("Alerts by e-mail to"),
            mark("Where flows alert the staff."), _email, "email"),
    Setting("slack_webhook", mark("Alerts to Slack"),
            mark("An incoming-webhook address; empty for none."), _address, "url"),
)  # fmt: skip
MEASURING = (
    Setting("holdout_share", mark("People who get no marketing at all, in percent"),
            mark("Always the same ones, so that all marketing together can be measured. Nobody when empty."),
            _percentage),
)  # fmt: skip
SETTINGS = (*SENDER, *THRESHOLDS, *MEASURING, *ALERTS)
SECRET = frozenset({"slack_webhook"})
"""Settings whose values do not go into the trail."""
BASICS = ("name", "currency", "timezone", "locale")


def zones() -> list[str]:
    return sorted(
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "posix", "right"))
    )


def basics_errors(values: Mapping[str, str]) -> dict[str, str]:
    errors: dict[str, str] = {}
    if not values["name"]:
        errors["name"] = _("Give the shop a name; it stands in the messages.")
    if values["currency"].upper() not in list_currencies():
        errors["currency"] = _("Write a currency code of three letters, such as EUR.")
    if values["timezone"] not in available_timezones():
        errors["timezone"] = _("Choose a time zone from the list.")
    if values["locale"] not in dict(LANGUAGES):
        errors["locale"] = _("Choose one of the languages.")
    return errors


def read_settings(typed: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """(what is kept, what is wrong with the rest); an empty answer takes a setting away."""
    kept: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for setting in SETTINGS:
        given = " ".join(typed.get(setting.key, "").split())
        if not given:
            continue
        try:
            kept[setting.key] = setting.read(given)
        except ValueError as refusal:
            errors[setting.key] = str(refusal)
    return kept, errors


def free_slug(name: str) -> str:
    """The shop's name as it stands in commands; numbered when another shop has it."""
    stem = re.sub(r"-+", "-", slugify(name))[:56] or "shop"
    taken = set(Shop.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    return next(slug for slug in (stem, *(f"{stem}-{n}" for n in range(2, 1000))) if slug not in taken)
