"""``humaspost demo``: one office day on the sandbox."""
