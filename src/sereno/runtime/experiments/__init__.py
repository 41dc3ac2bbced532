"""Who was in which arm of which experiment, and what they ordered after."""
