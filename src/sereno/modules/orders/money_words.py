"""What is said where the store and a payment provider differ about an order's money, and what to do about it; in the
language that is active."""

from __future__ import annotations

from collections.abc import Mapping

from babel.core import Locale, UnknownLocaleError
from babel.numbers import format_currency
from django.utils.functional import Promise
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as mark

from sereno.commerce.payments import Difference

SENTENCES: Mapping[str, str | Promise] = {
    "payments.not_noted": mark("%(provider)s took %(there)s, and the store still waits for the payment."),
    "payments.not_taken": mark("The store has %(store)s as paid by %(provider)s, who took nothing."),
    "payments.too_much": mark("%(provider)s took %(there)s; the order comes to %(store)s."),
    "payments.too_little": mark("%(provider)s took only %(there)s of %(store)s."),
    "refunds.not_noted": mark("%(provider)s gave back %(there)s; the store knows of %(store)s."),
    "refunds.not_given": mark("The store gave back %(store)s; %(provider)s gave %(there)s."),
}
ADVICE: Mapping[str, str | Promise] = {
    "payments.not_noted": mark("Mark the order as paid in the store, or give the money back."),
    "payments.not_taken": mark("Send nothing before you see the money there."),
    "payments.too_much": mark("Give back what was taken too much, with the provider."),
    "payments.too_little": mark("Ask the customer for the rest, or change the order in the store."),
    "refunds.not_noted": mark("Note the refund in the store, so that books and stock agree."),
    "refunds.not_given": mark("Give it back with the provider too: the customer may still be waiting."),
}


def money_sentence(found: Difference, currency: str) -> str:
    """With both amounts as people of the active language write them."""
    amounts = {"store": _money(found, currency, "store"), "there": _money(found, currency, "there")}
    return str(SENTENCES[found.code]) % {"provider": found.provider.capitalize(), **amounts}


def money_advice(found: Difference) -> str:
    return str(ADVICE[found.code])


def _money(found: Difference, currency: str, side: str) -> str:
    amount = found.store if side == "store" else found.there
    try:
        locale = Locale.parse(to_locale(get_language() or "en"))
    except (UnknownLocaleError, ValueError):
        locale = Locale.parse("en")
    return str(format_currency(amount, currency, locale=locale)) if currency else str(amount)
