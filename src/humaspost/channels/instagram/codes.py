"""The codes of problems that only Instagram has, with the first sentence of ``explain``."""

CODES: dict[str, str] = {
    "instagram-hashtags": "Instagram refuses more than 30 hashtags, and has said it will count only 5 of them.",
    "instagram-mentions": "Instagram refuses a caption that names more than 20 accounts with @.",
    "instagram-caption-near-limit": "The caption is nearly 2,200 characters long, and how Instagram counts emoji is not known.",
    "instagram-format": "The format is feed, reel or story, and the media must fit it.",
    "instagram-key-value": "A key under instagram: has a value of another kind than the key takes.",
    "instagram-key-unfit": (
        "A key under instagram: does nothing in this kind of post: a story takes no collaborators, no "
        "place and no caption, and only a reel has a cover."
    ),
    "instagram-collaborators": "A post can be shared with up to three other accounts, each by its username.",
    "instagram-user-tags": (
        "A tag says who is in a picture, and where: a username, x and y from 0 to 1, and which of the media "
        "it is. In a reel there is no place, only a name; in a video of a carousel or a story nobody can be tagged."
    ),
    "instagram-thumb-offset": "The moment that a reel's cover is taken from lies within the video.",
    "instagram-cover": "A cover: is shown on a reel only; a picture, a carousel and a story have none.",
}
