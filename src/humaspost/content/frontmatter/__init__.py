"""Strict YAML with positions, and the fields of a post."""
