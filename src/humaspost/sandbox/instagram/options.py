"""Options of the simulated Instagram: behaviour that Meta leaves open or a test needs."""

from typing import Any

from humaspost.sandbox.options import Option
from humaspost.sandbox.state import SandboxState

OPTIONS: dict[str, Option] = {
    "instagram.processing_seconds": Option(
        0.5, "from creation (or upload) of a container to FINISHED, images too"
    ),
    "instagram.processing_ends": Option(
        "FINISHED", "how the processing of new containers ends: FINISHED, or the status text of an ERROR"
    ),
    "instagram.error_status_code": Option(
        True, "a container that failed gives its status_code too; false = its status alone (trypost#351)"
    ),
    "instagram.read_until_finished": Option(
        False, "a video is read once more when its container is FINISHED; an ERROR where it is gone"
    ),
    "instagram.second_publish": Option(
        "duplicate",
        "a container published again: duplicate post, same-id back, refused (24/2207008)",
        choices=("duplicate", "same-id", "refused"),
    ),
    "instagram.published_lag": Option(
        0.0,
        "seconds until a published container says PUBLISHED instead of FINISHED",
    ),
    "instagram.quota_total": Option(
        50,
        "posts published through the API in any 24 h (9/2207042); Meta says 25, 50 and 100",
    ),
    "instagram.containers_total": Option(
        400, "containers created in any 24 h (9/2207042; Meta documents no code)"
    ),
    "instagram.strict_jpeg": Option(
        True,
        "also refuse JPEG that is progressive or not sRGB (Meta would convert it)",
    ),
    "instagram.fetch_seconds": Option(10.0, "how long Instagram waits for a media URL (-2/2207003)"),
    "instagram.png": Option(False, "a PNG is taken as an image (undocumented, often seen)"),
    "instagram.head_first": Option(False, "Instagram sends HEAD before it GETs a media URL"),
    "instagram.caption_unit": Option(
        "characters", "what the 2,200 of a caption count", choices=("characters", "utf-16")
    ),
    "instagram.hashtags": Option(30, "hashtags that a caption takes (5 were announced on 2025-12-19)"),
    "instagram.share_to_feed": Option(True, "whether a reel that does not say is shown in the feed"),
    "instagram.media_order": Option(
        "newest-first", "order of the media and stories", choices=("newest-first", "oldest-first")
    ),
    "instagram.localized": Option(False, "error_user_title and error_user_msg are in Thai (postiz#486)"),
    "instagram.account_type": Option(
        "BUSINESS",
        "what the account is; a PERSONAL one publishes nothing (10)",
        choices=("BUSINESS", "MEDIA_CREATOR", "PERSONAL"),
    ),
    "instagram.hide_caption": Option(
        False, "reads do not give the caption (documented for Facebook Login only)"
    ),
    "instagram.usage": Option(
        1,
        "percent of the allowance in the usage headers; from 100 on every call is 80002; null = no headers",
        nullable=True,
    ),
    "instagram.token_seconds_left": Option(
        30 * 86_400,
        "life left in the demo token when the sandbox starts (then 190/463)",
    ),
    "instagram.token_age_hours": Option(
        720, "age of the demo token when the sandbox starts; a refresh needs 24"
    ),
    "instagram.token_error": Option(
        None,
        "every call is 190 with this subcode: 458 app removed, 459 checkpoint, 460 password, 464, 467; null = none",
        nullable=True,
    ),
    "instagram.facebook_token_seconds_left": Option(
        None, "life left in the Facebook token when the sandbox starts; null = endless", nullable=True
    ),
    "instagram.data_access_seconds_left": Option(
        None,
        "until the app may no longer read with the token, from the start on; null = endless",
        nullable=True,
    ),
    "instagram.debug_token": Option(False, "debug_token answers for Instagram Login too"),
    "instagram.restricted": Option(False, "the account is restricted: every publish is 25/2207050"),
    "instagram.publish_then_spam_error": Option(
        False,
        "a publish acts, then answers 4/2207051 all the same (seen live)",
    ),
}


def get_option(state: SandboxState, name: str) -> Any:
    """Return the present value of ``instagram.<name>``: the default unless control changed it."""
    full_name = f"instagram.{name}"
    return state.settings.get(full_name, OPTIONS[full_name].default)
