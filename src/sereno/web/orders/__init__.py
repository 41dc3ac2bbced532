"""Orders as staff work with them: the list, one order with its whole story, and what is held."""
