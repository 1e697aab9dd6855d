"""Reads for lists and totals."""
