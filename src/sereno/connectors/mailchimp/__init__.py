"""Mailchimp: people on its audiences, and what they say there."""
