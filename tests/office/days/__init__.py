"""Random days of an office: what a person does to its files, and what the public may see of it."""
