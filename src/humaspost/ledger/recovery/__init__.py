"""Backup, restore, and the detection of copied ledgers."""
