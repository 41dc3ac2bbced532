"""Pages of newsletters: the list, writing one, what became of it, and the public archive."""
