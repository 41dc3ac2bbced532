"""Whether mail arrives: what became of it, the domains it comes from, how fast a new one may send, and bounces."""
