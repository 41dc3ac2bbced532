"""Zendesk: tickets opened and added to, and how they stand."""
