"""The steps of one delivery: prepare, send, look up, retry."""
