"""Mailgun: hands mail over, and tells what became of it."""
