"""Writing to shops' own platforms: which store a record is in, what Sereno may do there, and carrying it out."""
