"""The reader of list files."""
