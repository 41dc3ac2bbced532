"""Bluesky, by the AT protocol."""
