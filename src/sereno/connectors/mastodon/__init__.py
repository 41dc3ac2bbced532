"""Mastodon, and servers that speak as it does."""
