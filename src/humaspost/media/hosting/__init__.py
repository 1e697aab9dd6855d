"""Public hosting of media files, for platforms that fetch them."""
