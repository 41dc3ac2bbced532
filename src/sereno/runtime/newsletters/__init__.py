"""Newsletters: one message to many people, each once, at the hour it was promised for."""
