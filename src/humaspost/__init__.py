"""humaspost: one Markdown file, three channels, once."""

__version__ = "0.1.0"
