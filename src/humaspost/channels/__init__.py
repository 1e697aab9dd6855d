"""One folder per platform; they do not know each other."""
