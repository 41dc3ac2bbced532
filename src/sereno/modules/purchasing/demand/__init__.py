"""How much of each thing will be asked for. `simple` needs nothing; `pool` learns from the shop's own past and needs
the extra `ml` (numpy), which is imported only where it is used."""
