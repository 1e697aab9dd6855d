"""Tests of views/forecasts."""
