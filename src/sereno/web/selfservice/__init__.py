"""Pages by which customers change and pay their orders, and the shop's rules for it."""
