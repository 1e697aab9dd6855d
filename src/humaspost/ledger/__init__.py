"""The ledger: the database of everything that humaspost sent or will send."""
