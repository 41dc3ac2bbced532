"""What people show an interest in, kept from events, and told them when it is their turn."""
