"""Calls to other systems: one action, behind a guard that keeps a flow from reaching the machine's own network."""
