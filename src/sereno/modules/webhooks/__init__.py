"""Telling other systems of what Sereno does: one action, used by the runtime alone."""
