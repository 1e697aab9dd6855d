"""Measure and convert videos."""
