"""What may reach people: caps, quiet hours, consent, expiry."""
