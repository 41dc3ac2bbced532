"""How the values that stores hold of one thing are made one. Pure."""

from __future__ import annotations

PRICE, COMPARE_AT, TITLE, DESCRIPTION, STATUS = "price", "compare_at_price", "title", "description", "status"
FIELDS = (PRICE, COMPARE_AT, TITLE, DESCRIPTION, STATUS)
CONFLICTS = ("leader", "newest", "ask")
OPEN, WAITING, HELD, LEFT = "open", "waiting", "held", "left"
STATES = (OPEN, WAITING, HELD, LEFT)
