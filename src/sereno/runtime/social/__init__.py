"""Posts on social networks: planned, published once for each account, counted."""
