"""Trello: cards made and moved, and what happens to them."""
