"""File → fit file: what a medium is by its content, and what each channel can take of it."""
