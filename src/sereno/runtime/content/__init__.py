"""What stands on a shop's site now, for whom; and what flows have shown there."""
