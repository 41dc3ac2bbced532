"""Why somebody got it, and why somebody did not."""
