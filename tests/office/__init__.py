"""Days of an office, as the people in it would see them."""
