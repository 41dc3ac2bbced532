"""Slack: an app of the shop's own, in whose channel its people are asked and answer."""
