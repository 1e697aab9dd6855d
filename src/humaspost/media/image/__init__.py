"""Open, shrink and encode images."""
