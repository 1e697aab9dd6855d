"""Recipients, their service windows and their choices."""
