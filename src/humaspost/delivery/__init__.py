"""Sending: account workers, decisions after errors, lookups of unknown outcomes."""
