"""What holds effects back: budgets, spending limits and switches."""
