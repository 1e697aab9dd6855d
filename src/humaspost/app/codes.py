"""Codes that only the whole office can give a problem, with their meaning."""

CODES = {
    "date-past": (
        "The time after `date:` has passed, so the post goes out at once or, beyond its grace, not at all; the message "
        "says which. Write a time to come, or send it on purpose with `humaspost publish POST`."
    ),
    "date-far": (
        "The post is due in more than 13 months, which is nearly always a mistyped year. It is planned all the same; "
        "`allow: [date-far]` in the post says that the date is meant."
    ),
    "posts-vanished": (
        "The posts folder, or more than a fifth of the posts that are still to be sent, vanished at once, as when a "
        "disk is not mounted. Nothing was changed for them: bring the files back, or take them away a few at a time."
    ),
}

#: Codes of the folder itself; they matter even when nothing is due.
FOLDER_CODES = ("posts-vanished", "posts-folder-missing")
