"""Professional accounts of Instagram."""
