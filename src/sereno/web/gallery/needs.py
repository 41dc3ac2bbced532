"""What a shipped flow needs of a shop to be of use: events, a mail server, settings, consent. Each with its fix."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sereno.engine.places import kind_of, walk
from sereno.modules.messages import templates
from sereno.runtime.stores.abilities import OF_TOOLS, lacks, words_of
from sereno.sdk.plugin import registry
from sereno.store.models import Event, Shop
from sereno.web.gallery.catalogue import Entry
from sereno.web.wiring import wiring

_READ = re.compile(r"\bstore\.([a-z_]+)")
_GIVEN = frozenset({"name", "locale", "currency", "timezone"})


@dataclass(frozen=True, slots=True)
class SettingWords:
    """A setting of the shop as a form asks for it. `default` is what holds while it is empty."""

    label: str | Promise
    help: str | Promise
    type: str = "text"
    default: str = ""


SETTINGS: dict[str, SettingWords] = {
    "alert_email": SettingWords(_("Address for alerts"), _("Who in the shop gets the alert."), "email"),
    "slack_webhook": SettingWords(_("Slack webhook"), _("The address Slack gives you for a channel."), "url"),
    "sender_email": SettingWords(_("Sender's address"), _("Mails come from it; use your own domain."), "email"),
    "postal_address": SettingWords(
        _("Postal address"), _("It stands at the foot of marketing mail; the law asks for it.")
    ),
    "website": SettingWords(_("Website"), _("Where the button of a mail leads when the store sends no link."), "url"),
    "recovery_code": SettingWords(_("Discount code"), _("The second cart message offers it. Make it in your store.")),
    "recovery_percent": SettingWords(
        _("Discount in percent"), _("Empty: the code stands for free shipping."), "number"
    ),
    "story": SettingWords(
        _("What the shop says of itself"), _("A sentence or two, in the shop's language: the welcome begins with them.")
    ),
    "support_email": SettingWords(_("Support address"), _("Where a customer's question is read."), "email"),
    "low_stock_threshold": SettingWords(_("Low stock at"), _("Units left, or fewer."), "number", "5"),
    "high_value_amount": SettingWords(
        _("High value from"), _("An order of at least this much, in the shop's currency."), "number", "500"
    ),
}
_OF_MESSAGE = {
    "cart-incentive": ("recovery_code", "recovery_percent"),
    "cart-help": ("support_email",),
    "welcome-thanks": ("story", "website"),
    "welcome-code": ("recovery_code", "recovery_percent"),
    "inactive-question": ("support_email", "website"),
    "inactive-incentive": ("recovery_code", "recovery_percent"),
    "birthday-wishes": ("recovery_code", "recovery_percent", "website"),
    "farewell-thanks": ("website",),
    "cart-reminder": ("website",),
}
_REQUIRED = frozenset({"alert_email", "slack_webhook", "postal_address"})


@dataclass(frozen=True, slots=True)
class Need:
    """`state`: `met`, `missing` (it would not work), `advised` (it works, better with it). `href` leads to the fix."""

    icon: str
    title: str
    text: str
    state: str
    href: str = ""
    fix: str = ""
    seen_at: datetime | None = None


def needs_of(shop: Shop, entry: Entry) -> list[Need]:
    """In the order of importance; those that are missing come first."""
    found = [*_events(shop, entry), *_store(shop, entry), *_mail(entry), *_consent(entry)]
    found += [_setting(shop, name) for name in settings_of(entry)]
    order = {"missing": 0, "advised": 1, "met": 2}
    return sorted(found, key=lambda need: order[need.state])


def settings_of(entry: Entry) -> list[str]:
    """The shop's settings that the flow and its messages read, without those every shop has."""
    names: dict[str, None] = dict.fromkeys(name for name in _READ.findall(entry.shipped.text) if name not in _GIVEN)
    channels = set(_values(entry.document.get("steps"), "channel"))
    if "email" in channels:
        names["alert_email"] = None
    if "slack" in channels:
        names["slack_webhook"] = None
    if entry.shipped.messages:
        names["sender_email"] = None
    if is_marketing(entry):
        names["postal_address"] = None
    for message in entry.shipped.messages:
        names.update(dict.fromkeys(_OF_MESSAGE.get(message, ())))
    return [name for name in names if name in SETTINGS]


def is_marketing(entry: Entry) -> bool:
    return any(templates.purpose_of(message) == "marketing" for message in entry.shipped.messages)


def _events(shop: Shop, entry: Entry) -> list[Need]:
    types = list(entry.trigger_types)
    if not types:
        return []
    named = ", ".join(types)
    newest = Event.objects.filter(shop=shop, type__in=types).order_by("-id").values_list("received_at", flat=True)
    seen = max((at for kind in types for at in newest.filter(type=kind)[:1]), default=None)
    if seen is not None:
        return [
            Need(
                "radio",
                gettext("Events: %(types)s") % {"types": named},
                gettext("The last one came"),
                "met",
                seen_at=seen,
            )
        ]
    if shop.connection_set.filter(is_active=True).exists():
        text = gettext("None has come yet. Your store is connected; the first one starts the flow.")
        return [
            Need(
                "radio",
                gettext("Events: %(types)s") % {"types": named},
                text,
                "advised",
                _to("deliveries"),
                gettext("See what arrives"),
            )
        ]
    text = gettext("No store is connected, so nothing can start it.")
    return [
        Need(
            "plug",
            gettext("A store that sends %(types)s") % {"types": named},
            text,
            "missing",
            _to("connections"),
            gettext("Connect a store"),
        )
    ]


def _store(shop: Shop, entry: Entry) -> list[Need]:
    """What its steps ask of the shop's own platform and of other tools."""
    plugins = registry()
    kinds = {kind_of(step) for _path, step in walk(entry.document)}
    wanted = {found.ability.ability for kind in kinds if (found := plugins.actions.get(kind)) and found.ability}
    if not wanted:
        return []
    lacking = lacks(plugins, shop.pk, kinds)
    needs = [
        _tool(one, any(lack.ability == one for lack in lacking.values())) for one in sorted(wanted & OF_TOOLS.keys())
    ]
    lacking = {name: lack for name, lack in lacking.items() if lack.code != "tool.none"}
    wanted -= OF_TOOLS.keys()
    if not wanted:
        return needs
    return [*needs, _of_store(wanted, {one.code for one in lacking.values()})]


def _tool(ability: str, is_lacking: bool) -> Need:
    title = gettext("A tool that can: %(what)s") % {"what": gettext(words_of(ability)).lower()}
    if not is_lacking:
        return Need("plug", title, gettext("There is one."), "met")
    text = gettext("No tool is connected that can do this. In shadow it works without; live it needs one.")
    return Need("plug", title, text, "advised", _to("connections"), gettext("Connect a tool"))


def _of_store(wanted: set[str], codes: set[str]) -> Need:
    said = ", ".join(sorted({gettext(words_of(one)).lower() for one in wanted}))
    title = gettext("A store in which Sereno may: %(what)s") % {"what": said}
    if not codes:
        return Need("store", title, gettext("There is one."), "met")
    if "store.none" in codes:
        text = gettext("No store may be written to yet. In shadow it works without; live it needs a key.")
    else:
        text = gettext("Your store's platform cannot do all of this. Live, those steps would fail.")
    return Need("store", title, text, "advised", _to("connections"), gettext("Give a connection a key"))


def _mail(entry: Entry) -> list[Need]:
    channels = set(_values(entry.document.get("steps"), "channel"))
    if not entry.shipped.messages and not any(channel.startswith("email") for channel in channels):
        return []
    title = gettext("A mail server")
    if wiring().can_mail:
        return [Need("mail", title, gettext("Mail goes out through the server of this installation."), "met")]
    text = gettext("Set SERENO_SMTP_URL where Sereno runs, and start it again. In shadow it is not needed.")
    return [Need("mail", title, text, "missing")]


def _consent(entry: Entry) -> list[Need]:
    if not is_marketing(entry):
        return []
    text = gettext("Only customers who agreed to offers and news are written to; each mail has its way out.")
    return [Need("shield-check", gettext("Consent to marketing"), text, "met")]


def _setting(shop: Shop, name: str) -> Need:
    words, value = SETTINGS[name], shop.settings.get(name)
    if value not in (None, ""):
        return Need("variable", str(words.label), str(value), "met")
    if words.default:
        text = gettext("%(value)s, until you set another.") % {"value": words.default}
        return Need("variable", str(words.label), text, "met", f"#field-{name}", gettext("Change it"))
    state = "missing" if name in _REQUIRED else "advised"
    return Need("variable", str(words.label), str(words.help), state, f"#field-{name}", gettext("Set it"))


def _to(name: str) -> str:
    return reverse(name)


def _values(value: Any, key: str) -> Iterable[str]:
    """Every text under this key, at any depth."""
    if isinstance(value, list):
        for item in value:
            yield from _values(item, key)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            if name == key and isinstance(inner, str):
                yield inner
            else:
                yield from _values(inner, key)
