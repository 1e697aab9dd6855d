"""Tests of planned posts in the ledger."""
