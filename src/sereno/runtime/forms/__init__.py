"""What storefronts' forms bring: taken once, told to flows, and weighed."""
