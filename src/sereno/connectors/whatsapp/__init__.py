"""WhatsApp by Meta's Cloud API: messages, templates, lists, quick replies, statuses and answers."""
