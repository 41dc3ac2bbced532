"""Visits of customers who are signed in: pages taken, visits begun and ended, and what is told of them."""
