"""The switches of the pretend Instagram: what Meta leaves open, or what a test wants to see."""

from typing import Any

from humaspost.sandbox.switches import Switch
from humaspost.sandbox.world import World

SWITCHES: dict[str, Switch] = {
    "instagram.processing_seconds": Switch(
        0.5, "from creation (or upload) of a container to FINISHED, images too"
    ),
    "instagram.second_publish": Switch(
        "duplicate",
        "a container published again: duplicate post, same-id back, refused (24/2207008)",
        choices=("duplicate", "same-id", "refused"),
    ),
    "instagram.published_lag": Switch(
        0.0,
        "seconds until a published container says PUBLISHED instead of FINISHED",
    ),
    "instagram.quota_total": Switch(
        50,
        "posts published through the API in any 24 h (9/2207042); Meta says 25, 50 and 100",
    ),
    "instagram.containers_total": Switch(
        400, "containers created in any 24 h (9/2207042; Meta documents no code)"
    ),
    "instagram.strict_jpeg": Switch(
        True,
        "also refuse JPEG that is progressive or not sRGB (Meta would convert it)",
    ),
    "instagram.fetch_seconds": Switch(10.0, "how long Instagram waits for a media URL (-2/2207003)"),
    "instagram.hide_caption": Switch(
        False, "reads do not give the caption (documented for Facebook Login only)"
    ),
    "instagram.usage": Switch(
        1, "percent of the allowance in the usage headers; from 100 on every call is 80002"
    ),
    "instagram.token_seconds_left": Switch(
        30 * 86_400,
        "life left in the demo token when the sandbox starts (then 190/463)",
    ),
    "instagram.token_age_hours": Switch(
        720, "age of the demo token when the sandbox starts; a refresh needs 24"
    ),
    "instagram.restricted": Switch(False, "the account is restricted: every publish is 25/2207050"),
    "instagram.publish_then_spam_error": Switch(
        False,
        "a publish acts, then answers 4/2207051 all the same (seen live)",
    ),
}


def setting(world: World, name: str) -> Any:
    """The value of ``instagram.<name>`` now; its default unless control set it."""
    key = f"instagram.{name}"
    return world.settings.get(key, SWITCHES[key].default)
