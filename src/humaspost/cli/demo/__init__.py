"""``humaspost demo``: one day of an office on the sandbox."""
