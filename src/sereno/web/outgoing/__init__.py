"""Pages on what leaves: webhooks to other systems, and addresses that are not written to."""
