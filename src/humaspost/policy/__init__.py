"""Pure policy rules: facts in, a decision with its reason out."""
