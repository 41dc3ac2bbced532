"""Flows over the past: begun, watched, and what they would have done."""
