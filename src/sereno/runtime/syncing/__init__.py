"""Products are the same in all stores of a shop: compared by SKU, put aside where something is amiss, made equal by
flows."""
