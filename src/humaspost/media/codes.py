"""Codes of ``media``, each with its meaning."""

CODES = {
    "media-missing-file": "The post names a media file that is not there; paths are relative to the post's own file.",
    "media-unreadable": (
        "The media file is there, but it cannot be opened, is empty, or its content is broken or cut off."
    ),
    "media-outside": (
        "A media file must lie inside the project, reached by a path relative to the post: not an absolute "
        "path, not above the project, not through a link out of it, and not in a folder whose name begins "
        "with a dot."
    ),
    "media-wrong-type": (
        "The file's content is not what its name says, or it is of a kind that no channel takes. "
        "Renaming a file does not convert it: save it again in the right format."
    ),
    "media-too-large": "The media file is larger than humaspost, or the channel, takes.",
    "media-bomb": (
        "The picture has more than 50 million pixels. A small file can hold so many that opening it fills "
        "the computer's memory, so it is not opened at all."
    ),
    "media-animated": "An animated PNG or WEBP is taken by no channel; save it as a GIF or an MP4 video.",
    "media-twice": "The same file stands twice in one post, for the same channels and the same part.",
    "media-changed": (
        "The media file was changed after the post was checked. Nothing is sent of it before it is checked again."
    ),
    "media-not-converted": (
        "The video or sound could not be converted to what the channel takes: FFmpeg broke off, what came out would "
        "not fit or not last as long, or it is so long that it would not be worth looking at, or hearing, in the few "
        "bytes that the channel takes. Export it anew."
    ),
    "media-not-converted-in-time": (
        "The file was still not converted after a minute and ten times its own length, or after half an hour, "
        "so it was given up; other posts went out meanwhile. Export it anew as MP4 with H.264, or smaller; if it "
        "is an ordinary video, the computer was busy: humaspost publish tries once more."
    ),
    "media-host-folder": "The file could not be written into the folder that the web server shows.",
    "media-host-unreachable": "The public address of the file could not be fetched, so no platform could fetch it.",
    "media-host-missing": (
        "No public address shows the file: config.toml has no [media], or its public_base_url does not show "
        "the folder that the file was written to."
    ),
    "media-host-refused": "The media host did not take the file, or does not show it to the public.",
    "media-host-redirect": "The public address of the file leads elsewhere; platforms do not follow.",
    "media-host-type": "The media host shows the file under a wrong content type, so platforms refuse it.",
    "media-host-bytes": "The public address of the file gives other bytes than were put there.",
}
