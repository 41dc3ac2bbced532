"""A new version let out a share at a time."""
