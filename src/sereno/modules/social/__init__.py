"""Posts on social networks: accounts, what is written, and what became of each copy."""
