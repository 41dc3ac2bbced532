"""Tables from files and feeds into the shop, and tables out of it."""
