"""Klaviyo: profiles, lists and events, and what its readers say."""
