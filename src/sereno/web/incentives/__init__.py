"""Codes, points and credit: for staff, and for the customer whose they are."""
