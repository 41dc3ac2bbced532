"""Points, tiers, rewards and store credit: what a shop owes to those who come back."""
