"""One account's sender."""
