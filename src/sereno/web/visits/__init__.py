"""What the shop's own pages tell of visits by customers who are signed in."""
