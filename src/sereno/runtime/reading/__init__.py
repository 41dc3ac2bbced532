"""Reading shops' platforms back: history as a job, what webhooks missed, what comes without any; subscriptions."""
