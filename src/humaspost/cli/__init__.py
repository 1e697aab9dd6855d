"""The command line: it parses options, calls ``app`` and prints a view."""
