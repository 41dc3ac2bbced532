"""What became of messages, which orders count for them, and what both come to."""
