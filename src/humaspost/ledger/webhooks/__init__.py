"""Reports from platforms about messages and people."""
