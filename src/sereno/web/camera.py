"""The telephone's camera may be used by a page that reads barcodes, in the page itself, and by no other."""

from __future__ import annotations

CAMERA = "camera=(self), microphone=(), geolocation=()"
"""The header `Permissions-Policy` of such a page."""
