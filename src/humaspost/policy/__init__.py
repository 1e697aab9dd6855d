"""Pure rules of the house: facts in, a decision with its reason out."""
