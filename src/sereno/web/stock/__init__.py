"""Stock as staff work with it: what there is, one item with its book, counting with a telephone, transfers."""
