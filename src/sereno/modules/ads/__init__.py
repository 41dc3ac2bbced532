"""Advertisements in flows: they stop when there is nothing to sell, and run again when there is."""
