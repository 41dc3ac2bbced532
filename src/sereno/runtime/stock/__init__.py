"""Sereno's book of stock: what is there, what is promised, and every change of it."""
