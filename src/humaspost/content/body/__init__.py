"""Markdown to neutral blocks that each channel prints its way."""
