"""Instagram's publishing errors, one row per subcode, in the words of Meta's table.

Recorded answers fill the gaps of the table.
https://developers.facebook.com/docs/instagram-platform/instagram-graph-api/reference/error-codes (2 June 2026)
"""

from humaspost.sandbox.graph import GraphError

#: Subcode -> (code, message, title, user message).
ERROR_ROWS: dict[int, tuple[int, str, str, str]] = {
    2207001: (-1, "Instagram server error. Try again.", "Server error", "Instagram server error. Try again."),
    2207003: (-2, "Timeout", "Download timeout", "It takes too long to download the media."),
    2207004: (
        36000,
        "The image size is too large.",
        "Image size too large",
        "The image is too large to download. It should be less than {size}.",
    ),
    2207005: (
        36001,
        "The image format is not supported.",
        "Unsupported image format",
        "The image format {found} is not supported. Supported formats are: JPEG.",
    ),
    2207006: (
        24,
        "The requested resource does not exist",
        "Media not found",
        "The media with {id} cannot be found",
    ),
    2207008: (
        24,
        "The requested resource does not exist",
        "Media builder not found",
        "The media builder with creation id = {id} does not exist or has been expired.",
    ),
    2207009: (
        36003,
        "The aspect ratio is not supported.",
        "Unsupported aspect ratio",
        (
            "The submitted image with aspect ratio {ratio} cannot be published. "
            "Please submit an image with a valid aspect ratio."
        ),
    ),
    2207010: (
        36004,
        "The caption is too long.",
        "Caption too long",
        (
            "The submitted image's caption was {length} characters long. The maximum number of characters permitted "
            "for a caption is 2200. Please submit media with a shorter caption."
        ),
    ),
    2207018: (110, "Invalid user id", "Invalid collaborator", "The collaborator {name} cannot be invited."),
    2207020: (
        -2,
        "Media expired",
        "Media expired",
        "The media you are trying to access has expired. Please try to upload again.",
    ),
    2207023: (100, "Invalid parameter", "Unknown media type", "The media type {found} is unknown."),
    2207026: (
        352,
        "The video file you selected is in a format that we don't support.",
        "Unsupported video format",
        "The video format is not supported. Please check spec for supported {found} format",
    ),
    2207027: (
        9007,
        "Media ID is not available",
        "The media is not ready",
        "The media is not ready for publishing, please wait for a moment",
    ),
    2207028: (
        100,
        "Invalid parameter",
        "Invalid carousel",
        "Your post won't work as a carousel. Carousels need at least 2 photos/videos and no more than 10 photos/videos.",
    ),
    2207032: (
        -1,
        "Create media fail",
        "Create media fail",
        "Create media fail, please try to re-create media",
    ),
    2207035: (
        100,
        "Invalid parameter",
        "Product tags",
        "Product tag positions should not be specified for video media.",
    ),
    2207036: (
        100,
        "Invalid parameter",
        "Product tags",
        "Product tag positions are required for photo media.",
    ),
    2207037: (100, "Invalid parameter", "Product tags", "We couldn't add all of your product tags."),
    2207040: (100, "Invalid parameter", "Too many tags", "Cannot use more than 20 tags per created media."),
    2207042: (
        9,
        "Application request limit reached",
        "Quota reached",
        "You reached maximum number of posts that is allowed to be published by Content Publishing API.",
    ),
    2207050: (25, "The account is restricted", "Account restricted", "The Instagram account is restricted."),
    2207051: (
        4,
        "Application request limit reached",
        "Action is blocked",
        "We restrict certain activity to protect our community. Tell us if you think we made a mistake.",
    ),
    2207052: (
        9004,
        "Only photo or video can be accepted as media type.",
        "Media download has failed. The media URI doesn't meet our requirements.",
        "The media could not be fetched from this URI: {url}",
    ),
    2207053: (-1, "unknown upload error", "Upload error", "unknown upload error"),
    2207057: (
        1,
        "Invalid thumbnail offset",
        "Invalid thumbnail offset",
        "Thumbnail offset must be greater than or equal to 0 and less than video duration, i.e. {length}",
    ),
    2207073: (
        100,
        "Invalid parameter",
        "Deletion not supported",
        "This media cannot be deleted with this login.",
    ),
    2207089: (
        100,
        "Invalid parameter",
        "Carousel item cannot be published standalone",
        (
            "Media created with media_type=VIDEO is a carousel item and cannot be published as a standalone post. "
            "To publish a standalone video, use media_type=REELS instead."
        ),
    ),
}


def subcode_error(subcode: int, **detail: object) -> GraphError:
    """Return the error of one row; ``detail`` fills its user message."""
    code, message, title, user_message = ERROR_ROWS[subcode]
    return GraphError(code, message, subcode=subcode, title=title, user_message=user_message.format(**detail))


def localize(error: GraphError) -> GraphError:
    """Translate the user texts of the error; numbers and message stay unchanged."""
    if error.title:
        error.title, error.user_message = "ไม่สามารถเผยแพร่ได้", "ไม่สามารถเผยแพร่โพสต์ของคุณได้ โปรดลองอีกครั้ง"
    return error


def invalid_parameter(reason: str) -> GraphError:
    """Return Graph's error for a parameter that is missing, unknown or of the wrong kind."""
    return GraphError(100, f"(#100) {reason}")
