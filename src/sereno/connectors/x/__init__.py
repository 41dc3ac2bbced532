"""X, once Twitter."""
