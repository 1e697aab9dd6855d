"""Codes that only the whole office can give a problem, with their meaning."""

CODES = {
    "posts-vanished": (
        "The posts folder, or more than a fifth of the posts that are still to be sent, vanished at once, as when a "
        "disk is not mounted. Nothing was changed for them: bring the files back, or take them away a few at a time."
    ),
}

#: Codes of the folder itself; they matter even when nothing is due.
FOLDER_CODES = ("posts-vanished", "posts-folder-missing")
