"""What happened: the database that everything else is told by."""
