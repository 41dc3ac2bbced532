"""Buying: suppliers and their prices, what to order again, and the orders to them."""
