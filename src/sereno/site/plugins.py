"""Brings every room and connector into the registry: the list of what this installation can do."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import entry_points

from sereno.sdk.plugin import Plugins, registry

ROOMS = (
    "sereno.modules.customers",
    "sereno.modules.orders",
    "sereno.modules.scores",
    "sereno.modules.segments",
    "sereno.modules.surveys",
    "sereno.modules.forms",
    "sereno.modules.ads",
    "sereno.modules.content",
    "sereno.modules.catalog",
    "sereno.modules.stock",
    "sereno.modules.feeds",
    "sereno.modules.interests",
    "sereno.modules.visits",
    "sereno.modules.purchasing",
    "sereno.modules.decisions",
    "sereno.modules.pricing",
    "sereno.modules.loyalty",
    "sereno.modules.risk",
    "sereno.modules.stores",
    "sereno.modules.tools",
    "sereno.modules.messages",
    "sereno.modules.messages.channels",
    "sereno.modules.newsletters",
    "sereno.modules.recommendations",
    "sereno.modules.social",
    "sereno.modules.alerts",
    "sereno.modules.http",
    "sereno.modules.journal",
    "sereno.modules.webhooks",
)
PARTS = ("fields", "events", "projections", "actions")
CONNECTORS = (
    "shopify",
    "woocommerce",
    "bigcommerce",
    "magento",
    "salesforce",
    "zohocommerce",
    "stripe",
    "vendure",
    "medusa",
    "saleor",
    "oscar",
    "twilio",
    "texts",
    "whatsapp",
    "telegram",
    "webpush",
    "slack",
    "ses",
    "mailgun",
    "postmark",
    "sendgrid",
    "brevo",
    "mailchimp",
    "klaviyo",
    "hubspot",
    "loyaltylion",
    "zendesk",
    "metaads",
    "googleads",
    "trello",
    "generic",
)
NETWORKS = ("mastodon", "bluesky", "facebook", "instagram", "x", "linkedin", "telegram", "posting")


def load_plugins() -> Plugins:
    """Import all rooms' parts and connectors, and the plugins other distributions bring (entry point
    `sereno.plugins`). Importing twice is harmless."""
    for room in ROOMS:
        for part in PARTS:
            _import_if_there(f"{room}.{part}")
    for name in CONNECTORS:
        _import_if_there(f"sereno.connectors.{name}.webhooks")
    for name in NETWORKS:
        import_module(f"sereno.connectors.{name}.posts")
    for entry in entry_points(group="sereno.plugins"):
        entry.load()
    return registry()


def _import_if_there(name: str) -> None:
    try:
        import_module(name)
    except ModuleNotFoundError as error:
        # A room without such a part is fine; a part that fails to import something else is not.
        if error.name is None or not (name == error.name or name.startswith(f"{error.name}.")):
            raise
