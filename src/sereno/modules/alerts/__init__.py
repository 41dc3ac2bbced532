"""Notes to the shop's own people, by mail or in Slack."""
