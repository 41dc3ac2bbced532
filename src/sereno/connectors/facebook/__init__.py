"""Pages of Facebook."""
