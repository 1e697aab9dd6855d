"""Holds of deliveries: pauses, account holds, errors in files."""
