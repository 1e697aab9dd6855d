"""Tests of reports/forecasts."""
