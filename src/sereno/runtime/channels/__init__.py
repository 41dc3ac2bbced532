"""The other ways to a customer, as they are really gone: accounts kept, messages handed over once, answers taken."""
