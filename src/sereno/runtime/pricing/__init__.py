"""Codes: taken by flows, known again on orders, and let go when their time is over."""
