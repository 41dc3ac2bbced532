"""Pages of what is expected of customers."""
