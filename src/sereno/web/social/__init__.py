"""Pages of social posts, of the accounts they go to, and the calendar."""
