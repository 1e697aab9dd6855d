"""Faults made by hand, each with the test that must see it: proof that the tests lose nothing when they move."""
