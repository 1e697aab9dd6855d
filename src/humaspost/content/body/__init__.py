"""The body of a post: Markdown to neutral blocks, which each channel prints its way."""
