"""Twilio: text messages, what becomes of them, and answers."""
