"""What the door's refusals and a delivery's signature mean, in words that say what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from babel.dates import format_timedelta
from django.utils.translation import gettext as _

from sereno.sdk.config import mark
from sereno.sdk.connector import Guide
from sereno.sdk.plugin import registry
from sereno.web.formats import language

PLATFORMS = {
    "shopify": "Shopify",
    "woocommerce": "WooCommerce",
    "bigcommerce": "BigCommerce",
    "magento": "Magento",
    "salesforce": "Salesforce B2C Commerce",
    "zohocommerce": "Zoho Commerce",
    "stripe": "Stripe",
    "vendure": "Vendure",
    "medusa": "Medusa",
    "saleor": "Saleor",
    "oscar": "Oscar",
    "ses": "Amazon SES",
    "mailgun": "Mailgun",
    "postmark": "Postmark",
    "sendgrid": "SendGrid",
    "brevo": "Brevo",
    "mailchimp": "Mailchimp",
    "klaviyo": "Klaviyo",
    "hubspot": "HubSpot",
    "loyaltylion": "LoyaltyLion",
    "zendesk": "Zendesk",
    "trello": "Trello",
    "metaads": "Meta Ads",
    "googleads": "Google Ads",
}
ORDER = (*PLATFORMS, "generic")
"""Of the gallery; what others bring comes after."""

SIGNED: dict[str, tuple[str, str, str]] = {
    "newest": (mark("Signature right, by the newest secret"), "shield-check", "ok"),
    "older": (mark("Signature right, by an older secret"), "shield-check", "lamp"),
    "unknown": (mark("Signature was right when it came; that secret is ended"), "shield-check", "idle"),
    "read": (mark("Read back from the store by Sereno, not received"), "rotate-ccw", "idle"),
    "file": (mark("Brought in from a file, not signed"), "file-text", "idle"),
}
"""Label (not yet translated), icon, tone."""


def platform(kind: str) -> str:
    if kind == "generic":
        return _("Anything else")
    connector = registry().connectors.get(kind)
    return PLATFORMS.get(kind) or (connector.name if connector is not None else kind)


def of_guide(guide: Guide | None) -> dict[str, Any]:
    """The guide's texts in the reader's language, for a template to escape."""
    secret = guide.secret if guide is not None else None
    return {
        "brings": _(guide.brings) if guide is not None and guide.brings else "",
        "steps": [_(step) for step in guide.steps] if guide is not None else [],
        "secret_label": _(secret.label) if secret is not None else _("Secret"),
        "secret_help": _(secret.help) if secret is not None and secret.help else "",
    }


def cause(code: str, detail: str) -> str:
    """Why a delivery was probably refused, and what to do."""
    found = {
        "no_secret": _("This connection has no secret yet. Put it here, then send again."),
        "too_old": _(
            "The signature is right but its time is not: the delivery is older than five minutes, or a clock is wrong. "
            "Check the time of both machines."
        ),
        "unsigned": _(
            "It was not signed: the header %(header)s is missing. Switch signing on at the sender, or check that a "
            "proxy lets the header through."
        ),
        "other_header": _(
            "It was signed in the header %(header)s, which this platform does not use. Perhaps it belongs to another "
            "connection."
        ),
        "other_encoding": _(
            "The secret is right, but the signature is written in %(header)s. Change how it is written, here or at the "
            "sender."
        ),
        "secret_spaces": _("The secret here has a space or a line break too many. Paste it again, without."),
        "other_secret": _(
            "The sender signs with another secret, or the body was changed on its way. Copy the secret again and put "
            "it beside the old one."
        ),
    }.get(code, "")
    return found % {"header": detail} if "%(header)s" in found else found


def length_of(span: timedelta) -> str:
    """A span of time in one unit; a day and a little are said in hours."""
    return str(format_timedelta(span, locale=language(), threshold=1.0 if span < timedelta(hours=23) else 1.5))


def blocked(shop: str, hosts: Sequence[str]) -> str:
    """`hosts` are those that the shop may call then."""
    command = f"sereno shop set {shop} allowed_hosts={','.join(hosts)}"
    return _("This address is not a public one. If it is your own, allow it on the server: %(command)s") % {
        "command": command
    }


def refusal_of_access(code: str, said: str) -> str:
    """Why a key was not kept, and what to do."""
    found = {
        "access.missing": _("This is needed."),
        "access.too_long": _("That is too long to be it. Copy the key alone."),
        "access.not_text": _("There is a line break or another sign in it that no key has. Copy it again."),
        "access.not_url": _("That is no web address. Write it whole, with https:// before it."),
        "access.not_offered": _("Choose one of the list."),
        "access.none": _("There is no key yet."),
        "access.state": _("What came back is too old, or nobody here asked for it. Begin anew."),
        "access.no_grant": _("This platform hands over no keys by itself: paste one."),
        "store.key_lacks": _("The key may not write. Give it the permission over there, then begin anew."),
        "access.unreadable": _(
            "The key was written with another SERENO_SECRET_KEY. Restore that, or give the key again."
        ),
        "store.key_refused": _(
            "The store does not take this key. Copy it again, and see that it has the permissions named in the steps."
        ),
        "store.no_answer": _("The store did not answer in time. Look at the address, then try again."),
        "store.rate_limited": _("The store is busy and asks to come back later. Try again in a minute."),
        "store.not_found": _("There is no such interface at this address. Look at the address, and at the steps."),
        "store.not_understood": _("What answers at this address is not this platform, or a part of it is hidden."),
        "store.blocked": _(
            "This address is not a public one. If it is your own, add the host to allowed_hosts in the shop's settings."
        ),
    }.get(code)
    return found or said
