"""What platforms report about messages and people."""
