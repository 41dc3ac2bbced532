"""The ledger of points and credit, what moves it, and what falls due in it."""
