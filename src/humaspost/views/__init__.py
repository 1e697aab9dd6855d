"""What people see: posts, plans and ledger rows as lines of text or as JSON; pure."""
