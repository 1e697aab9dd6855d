"""The command line: parse flags, call ``app``, print a view."""
