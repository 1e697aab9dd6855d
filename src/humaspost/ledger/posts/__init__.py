"""Posts on their accounts: the plan as a set, decisions of persons, stops of whole posts."""
