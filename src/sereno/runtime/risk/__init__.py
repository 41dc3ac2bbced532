"""What a shop knows of who buys, and what people decide about an order's risk."""
