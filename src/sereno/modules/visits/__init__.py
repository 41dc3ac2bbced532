"""Visits of the storefront by customers who are signed in: what is kept of them, and what is told of them."""
