"""MP4 files, edited in place."""
