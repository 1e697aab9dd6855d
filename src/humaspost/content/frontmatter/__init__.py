"""The front matter of a post: strict YAML with positions, and its fields."""
