"""Edit MP4 files in place."""
