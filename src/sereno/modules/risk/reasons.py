"""What the rules' codes mean in words, in the language that is active; and a reason with its facts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import translation
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as mark

from sereno.modules.risk.rules import Reason

LABELS: dict[str, Promise] = {
    "list.blocked": mark("On your blocklist"),
    "list.allowed": mark("On your allowlist"),
    "history.bad": mark("Shares data with an order that went wrong"),
    "history.good": mark("Good orders before"),
    "platform.high": mark("The platform rates it high"),
    "platform.medium": mark("The platform rates it medium"),
    "learned.high": mark("Looks like your past frauds"),
    "card.cvv": mark("The card's security code was wrong"),
    "card.avs": mark("The bank does not know the billing address"),
    "card.country": mark("Card and billing address are of different countries"),
    "card.failures": mark("Several payments failed first"),
    "card.often": mark("The same card many times in a day"),
    "card.shared": mark("One card, several people"),
    "email.often": mark("The same e-mail address many times in a day"),
    "phone.shared": mark("One telephone number, several people"),
    "device.often": mark("The same device many times in a day"),
    "device.shared": mark("One device, several people"),
    "ip.often": mark("The same IP address many times in a day"),
    "ip.shared": mark("One IP address, several people"),
    "address.often": mark("The same delivery address many times in a day"),
    "address.shared": mark("One delivery address, several people"),
    "ip.country": mark("Ordered from another country than it goes to"),
    "ip.far": mark("Ordered from far away"),
    "ip.distance": mark("Ordered far from where it goes"),
    "address.countries": mark("Bill and parcel go to different countries"),
    "email.disposable": mark("Disposable e-mail address"),
    "name.mismatch": mark("The names do not match"),
    "account.new": mark("A brand-new account"),
    "account.instant": mark("Ordered within a minute of signing up"),
    "amount.high": mark("Much more than a usual order"),
    "items.many": mark("Many pieces of one thing"),
    "items.gift_card": mark("Gift cards"),
    "items.watched": mark("Goods you watch"),
}
GROUPS: dict[str, Promise] = {
    "lists": mark("Your lists"),
    "history": mark("History"),
    "platform": mark("Scores"),
    "card": mark("Card"),
    "velocity": mark("How often, and who else"),
    "place": mark("Places"),
    "person": mark("The buyer"),
    "goods": mark("Goods and amount"),
}
UNITS: dict[str, Promise] = {
    "orders": mark("orders"),
    "people": mark("people"),
    "payments": mark("payments"),
    "minutes": mark("minutes"),
    "times": mark("times the usual"),
    "units": mark("pieces"),
    "km": mark("km"),
}
PATTERNS: dict[str, Promise] = {
    "ip": mark("one IP address"),
    "card": mark("one card"),
    "device": mark("one device"),
    "address": mark("one delivery address"),
    "domain": mark("one mail domain"),
    "minute": mark("the same minute"),
}
LEVELS: dict[str, Promise] = {"low": mark("Low risk"), "medium": mark("Medium risk"), "high": mark("High risk")}


def label_of(code: str) -> str:
    found = LABELS.get(code)
    return str(found) if found is not None else code


def detail_of(facts: Mapping[str, Any]) -> str:
    """The facts of a reason, short: numbers and codes alone, which are the same in every language."""
    if "radius" in facts:
        radius = f" (± {_grouped(facts['radius'])} km)" if facts["radius"] != "0" else ""
        city = f"{facts['city']}, " if facts.get("city") else ""
        return f"{city}{_grouped(facts['km'])} km{radius}"
    if "km" in facts:
        return f"≈ {facts['km']} km"
    if "ip" in facts:
        return f"{facts['ip']} ≠ {facts.get('order', '')}"
    if "one" in facts:
        return f"{facts['one']} ≠ {facts.get('other', '')}"
    if "minutes" in facts:
        return f"{facts['minutes']} min"
    return str(facts.get("count") or facts.get("what") or "")


def _grouped(number: object) -> str:
    """As the language writes thousands."""
    return number_format(str(number), force_grouping=True)


def sentence_of(code: str, facts: Mapping[str, Any]) -> str:
    if code == "ip.distance" and "km" in facts:
        return str(_("Ordered %(km)s km from the delivery address") % {"km": _grouped(facts["km"])})
    detail = detail_of(facts)
    return f"{label_of(code)} ({detail})" if detail else label_of(code)


def said_together(reasons: Iterable[Reason], locale: str) -> str:
    """All of them in this language."""
    with translation.override(locale):
        return ". ".join(sentence_of(one.code, one.facts) for one in reasons)
