"""Outside tools in flows: lists of people, tickets, cards, events and points that other programs keep."""
