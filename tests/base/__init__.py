"""Tests of ``humaspost.base``."""
