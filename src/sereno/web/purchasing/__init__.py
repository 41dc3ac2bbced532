"""Buying: orders to suppliers, the suppliers, and what is expected to be sold."""
