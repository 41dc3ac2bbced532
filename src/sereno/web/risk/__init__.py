"""Pages of risk: what waits to be looked at, lists, rules, what was learned, and what is being bought out."""
