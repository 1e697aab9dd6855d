"""The switches of the pretend X: what X's documents leave open, or what a test wants to see."""

from typing import Any

from humaspost.sandbox.world import World

#: Name -> (default, meaning).
_SWITCHES: dict[str, tuple[Any, str]] = {
    "x.longest": (280, "weighted length that a post may have (25000 for Premium)"),
    "x.duplicate_hours": (24, "hours for which the same text is refused as a duplicate; 0 = never refused"),
    "x.limits": ({}, "endpoint -> requests per window, over the documented figures; null = no limit"),
    "x.window_seconds": (900, "length of the rate windows"),
    "x.user_24h": (None, "posts per 24 h; then the x-user-limit-24hour headers are sent too; null = neither"),
    "x.credits": (None, "posts that are still paid for; at 0 each post is a 402; null = endless"),
    "x.quotes": (False, "self-serve accounts may quote (they may not since 2026-04-20)"),
    "x.engaged": ([], "ids of other people's posts that mention the account, so that it may reply to them"),
    "x.reply_needs_visible": (False, "a reply to a post that a lag still hides is refused"),
    "x.media_link": (True, "the text of a post with media ends with a t.co link to them, as on X"),
    "x.processing_seconds": (0.6, "from finalize until a video or GIF is ready"),
    "x.processing_ends": ("succeeded", "how processing of a video or GIF ends: succeeded or failed"),
    "x.check_after_secs": (1, "what processing_info asks a client to wait"),
    "x.media_seconds": (86_400, "how long a finalized media id lives"),
    "x.clock_skew": (300, "seconds by which an OAuth 1.0a timestamp may be off"),
    "x.token_seconds": (7200, "how long an OAuth 2.0 access token lives"),
    "x.refresh_reuse": (False, "a refresh token works again after it was used"),
}

SETTINGS: dict[str, str] = {name: meaning for name, (_, meaning) in _SWITCHES.items()}
DEFAULTS: dict[str, Any] = {name: default for name, (default, _) in _SWITCHES.items()}


def setting(world: World, name: str) -> Any:
    """The value of ``x.<name>`` now; its default unless control set it."""
    key = f"x.{name}"
    return world.settings.get(key, DEFAULTS[key])
