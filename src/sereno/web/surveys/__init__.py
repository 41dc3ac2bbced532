"""Surveys: the page a customer answers on, and the shop's own pages."""
