"""What is kept about a person: found, handed over, erased with a proof, and let go when its time is over.

Invariant: `places.PLACES` knows every table that may hold something about a person; a test fails for one it does not.
"""
