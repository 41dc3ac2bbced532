"""Finds recorded bodies and hands them to connectors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from sereno.sdk.connector import Connector, Delivery, Mapped
from sereno.sdk.plugin import Plugins

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
VENDORS = (
    "shopify",
    "woocommerce",
    "bigcommerce",
    "magento",
    "salesforce",
    "zohocommerce",
    "stripe",
    "vendure",
    "medusa",
    "oscar",
    "saleor",
)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

Body = bytes


def connector_of(vendor: str) -> Connector:
    return getattr(import_module(f"sereno.connectors.{vendor}.webhooks"), vendor.upper())


def registered() -> Plugins:
    """Everything Sereno registers."""
    from sereno.site.plugins import load_plugins

    return load_plugins()


def files_of(vendor: str) -> dict[str, Path]:
    """All bodies at hand, by name without `.json`: the connector's own, and the shared corpus over them."""
    found: dict[str, Path] = {}
    for folder in (ROOT / "src" / "sereno" / "connectors" / vendor / "fixtures", CORPUS / vendor):
        found |= {path.name.removesuffix(".json"): path for path in sorted(folder.glob("*.json"))}
    return found


def body_of(vendor: str, name: str) -> Body:
    return files_of(vendor)[name].read_bytes()


def map_body(
    vendor: str,
    name: str | None = None,
    *,
    body: bytes | None = None,
    topic: str | None = None,
    headers: Mapping[str, str] | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Mapped:
    """What the connector makes of a body. Without headers the file's name is the topic, as with `sereno ingest`."""
    connector = connector_of(vendor)
    content = body if body is not None else body_of(vendor, name or "")
    found = connector.topic(headers or {}, content, settings or {})
    delivery = Delivery(headers or {}, content, topic or found or name or "", NOW)
    return connector.map(delivery, settings or {})
