"""Addresses that the pages of a shop's storefront ask, from another site, by a key that everybody can read."""
