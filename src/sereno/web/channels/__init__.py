"""Pages of channels: accounts, a test message, what went by them; and the customer's own page for them."""
