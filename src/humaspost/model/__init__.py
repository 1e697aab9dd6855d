"""The nouns: frozen dataclasses without I/O and without a clock."""
