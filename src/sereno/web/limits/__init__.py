"""Budgets, spending limits and the switches that stop everything."""
