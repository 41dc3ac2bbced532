"""How likely an order is to be a fraud, why that is thought, and what staff decide about it."""
