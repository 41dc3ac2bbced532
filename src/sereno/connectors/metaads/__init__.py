"""Meta's advertisements: who sees them, and whether they run."""
