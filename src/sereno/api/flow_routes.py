"""The one router of all addresses below `/flows` and `/runs`: an address is one router's, whatever its methods."""

from __future__ import annotations

from ninja import Router

router = Router(tags=["Flows"])
