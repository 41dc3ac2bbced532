"""What may reach a person, and when: one arbiter over all flows. It defers and never drops without a word."""
