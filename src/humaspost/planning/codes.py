"""Codes of ``planning``, each with the first sentence that ``explain`` shows."""

CODES: dict[str, str] = {
    "too-long": (
        "The text is longer than the channel takes. Shorten it; where the channel has threads, "
        "thread: auto splits it and <!-- part --> splits it where you say."
    ),
    "words-changed": (
        "A letter or digit of the text would not go out as it was typed: it is left out, or stands elsewhere or on "
        "another line. Some sign in that line means something in Markdown; write the line in plain words."
    ),
    "struck-words": (
        "The channel has no struck text, so words that were struck out would stand there as if they were valid. "
        "Delete them, or keep the post to a channel that shows them struck, such as WhatsApp."
    ),
    "too-many-parts": "The thread has more parts than one thread should have.",
    "alt-missing": (
        "Every picture needs alternative text: the words that a blind reader hears instead of it."
    ),
    "alt-too-long": "The alternative text is longer than the channel takes.",
    "media-missing": "The channel shows no post without a picture or a video.",
    "media-count": "The part has more media than the channel shows in one post.",
    "media-kind": (
        "The channel does not take this kind of file. With convert = true under [media] humaspost makes a video "
        "of an animated GIF where the channel takes one."
    ),
    "media-too-large": "The file is larger than the channel takes, and it cannot be made smaller without loss.",
    "media-too-small": "The picture or video is smaller than the channel takes; it is never blown up silently.",
    "media-too-wide": (
        "The picture or video is larger than the channel takes, and files of this kind are sent as they are; "
        "with convert = true under [media] humaspost makes a video smaller."
    ),
    "media-too-tall": "The picture is taller than the channel takes, and files of this kind are sent as they are.",
    "media-ratio": (
        "The picture or video is too tall or too wide for the channel; crop it or pad it. With "
        "convert = true under [media] humaspost pads it."
    ),
    "media-container": (
        "The channel does not take videos or sounds in this kind of file. With convert = true under [media] "
        "humaspost makes an MP4 of a video and an M4A of a sound."
    ),
    "media-codec": (
        "The pictures of the video are packed in a way that the channel cannot show. Export it as H.264 with "
        "4:2:0 colours, or write convert = true under [media]."
    ),
    "media-profile": (
        "The channel takes the video, and some telephones show nothing of it. Export it as H.264 with the profile "
        "Main and without B-frames, or write convert = true under [media]."
    ),
    "media-hidden": (
        "The video was cut on a telephone or a computer that kept what was cut off, and only told players not to "
        "show it. It would go out with the rest. Export it anew, or write convert = true under [media]."
    ),
    "media-sound": (
        "The sound is packed in a way that the channel cannot play. Export it with one track of AAC sound in stereo "
        "(an Ogg for WhatsApp holds Opus in mono), or write convert = true under [media]."
    ),
    "media-duration": (
        "The video or sound is shorter or longer than the channel takes, or does not say how long it is; humaspost "
        "never cuts one."
    ),
    "media-frame-rate": (
        "The video has more or fewer frames a second than the channel takes. Export it with 30, or write "
        "convert = true under [media]."
    ),
    "media-bit-rate": (
        "The video has more bits a second than the channel takes. Export it smaller, or write convert = true "
        "under [media]."
    ),
    "media-index": (
        "The channel wants the video's index (moov) before its pictures: what export dialogs call fast start "
        "or web optimized. With convert = true under [media] humaspost moves it."
    ),
    "media-frames": "The GIF has more frames than the channel takes; make it shorter, or a video of it.",
    "media-part": "A medium names a part that the thread does not have.",
    "restricted-public": (
        "visibility: restricted keeps a post from everybody but the named recipients, "
        "so it never goes to a channel that anybody can read."
    ),
    "audience-missing": "This channel sends to people, so the post must say to whom: there is no 'everyone'.",
    "ambiguous-channel": "Several accounts are of that channel and none is the default, so the post must name one.",
    "unknown-channel": "No channel and no account in config.toml has that name.",
    "same-text": (
        "The same words went out, or will, on the same account within the days of same_text_days under "
        "another id. That is nearly always a copy made by mistake; repeats: ID says that it is not."
    ),
    "same-post": (
        "Two files have the same title, minute and account, which is nearly always one post twice. Of the two the "
        "one that was planned first goes out. Give the other a title of its own, or delete it; repeats: ID says that "
        "it is another post on purpose."
    ),
    "already-published": (
        "A post like this is out already and its file is gone, so this is perhaps that post under another name. "
        "With id: and the old id it is that post and is not sent again; with repeats: and the old id it is sent as "
        "another post."
    ),
    "login-expires": (
        "The token of the account ends before the post is due, as the platform said when it was last asked. "
        "The post is planned all the same: put a new token in place before then."
    ),
}
