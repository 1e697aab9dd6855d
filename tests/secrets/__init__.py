"""Canaries in the place of every secret: no error path may sing."""
