"""Past events replayed fast and in little memory: what is at work is held in memory, the rest in a scratch file.

Invariant: what comes out is what the same runtime on a database would have given. Only where rows are kept differs.
"""
