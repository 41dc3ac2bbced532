"""Who waits for what, as staff see it, and the addresses of waiting and wish lists in the storefront."""
