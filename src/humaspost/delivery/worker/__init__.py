"""The worker of one account."""
