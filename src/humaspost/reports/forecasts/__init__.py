"""Forecasts: what becomes of each post, when, and for how many people."""
