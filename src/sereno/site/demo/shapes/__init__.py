"""What a store of each platform sends when something happens: the webhooks' topics, headers and bodies."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

from sereno.site.demo.shapes.hooks import Hook

if TYPE_CHECKING:
    from sereno.site.demo.catalogue import Channel

__all__ = ["Hook", "shapes_of"]


def shapes_of(channel: Channel) -> ModuleType:
    """The platform's shapes; all three modules have the same functions."""
    from sereno.site.demo.shapes import shopify, vendure, woocommerce

    return {"shopify": shopify, "woocommerce": woocommerce, "vendure": vendure}[channel]
