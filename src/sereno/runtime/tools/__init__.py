"""Outside tools, as they are really asked: which the shop has, and what came of it."""
