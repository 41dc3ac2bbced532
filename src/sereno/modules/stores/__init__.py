"""What Sereno itself changes in the shop's own platform, beside what flows ask for by actions of the other rooms."""
