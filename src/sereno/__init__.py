"""Sereno: the open, self-hosted automation of an online shop."""

__version__ = "0.1.0"
