"""What keeps deliveries waiting: pauses, account holds, errors in files."""
