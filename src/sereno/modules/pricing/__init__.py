"""What a shop gives away to be bought from: codes of one use each, made in the store or taken from a pool."""
