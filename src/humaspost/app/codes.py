"""Every code that only the whole office can give a finding, with what it means."""

CODES = {
    "posts-vanished": (
        "The posts folder, or more than a fifth of the posts that are still to be sent, vanished at once, as when a "
        "disk is not mounted. Nothing was changed for them: bring the files back, or take them away a few at a time."
    ),
}

#: Codes of the folder itself; they matter whatever is due.
FOLDER_CODES = ("posts-vanished", "posts-folder-missing")
