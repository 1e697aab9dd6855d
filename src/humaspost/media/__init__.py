"""Media files: their facts by content, and the files that fit each channel."""
