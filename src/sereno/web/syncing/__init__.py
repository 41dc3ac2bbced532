"""Products that are to be the same in all stores: the rules, and where a store says something else."""
