"""The folder of posts: scanned, cached and synced with the ledger."""
