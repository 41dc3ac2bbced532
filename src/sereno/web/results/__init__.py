"""What flows brought, against those who did not get them."""
