"""Options of the simulated X: behaviour that X's documentation leaves open or a test needs."""

from typing import Any

from humaspost.sandbox.options import Option
from humaspost.sandbox.state import SandboxState

OPTIONS: dict[str, Option] = {
    "x.longest": Option(280, "weighted length that a post may have (25000 for Premium)"),
    "x.duplicate_hours": Option(
        24, "hours for which the same text is refused as a duplicate; 0 = never refused"
    ),
    "x.deleted_twin_blocks": Option(False, "the same text is a duplicate even of a post that was deleted"),
    "x.too_long": Option("403", "status of the refusal of a text that is too long", choices=("403", "400")),
    "x.limits": Option({}, "endpoint -> requests per window, over the documented figures; null = no limit"),
    "x.window_seconds": Option(900, "length of the rate windows"),
    "x.user_24h": Option(
        None,
        "posts per 24 h; then the x-user-limit-24hour headers are sent too; null = neither",
        nullable=True,
    ),
    "x.app_24h": Option(
        None,
        "posts per 24 h of the whole app; then the x-app-limit-24hour headers are sent too; null = neither",
        nullable=True,
    ),
    "x.usage_cap": Option(None, "posts until a 429 says UsageCapExceeded; null = endless", nullable=True),
    "x.credits": Option(
        None, "posts that are still paid for; at 0 each post is a 402; null = endless", nullable=True
    ),
    "x.quotes": Option(False, "self-serve accounts may quote (they may not since 2026-04-20)"),
    "x.engaged": Option(
        [], "ids of other people's posts that mention the account, so that it may reply to them"
    ),
    "x.own_replies": Option(True, "the account may reply to its own posts (X does not say)"),
    "x.reply_needs_visible": Option(False, "a reply to a post that a lag still hides is refused"),
    "x.edit_history": Option(
        "edit_history_tweet_ids",
        "what a 201 calls the post's history (the OpenAPI says the second)",
        choices=("edit_history_tweet_ids", "edit_history_post_ids"),
    ),
    "x.media_link": Option(True, "the text of a post with media ends with a t.co link to them, as on X"),
    "x.processing_seconds": Option(0.6, "from finalize until a video or GIF is ready"),
    "x.processing_ends": Option(
        "succeeded",
        "how processing of a video or GIF ends: succeeded or failed",
        choices=("succeeded", "failed"),
    ),
    "x.processing_error": Option(
        False, "processing_info of a failed medium says why, as v1.1 did: error {code, name, message}"
    ),
    "x.check_after_secs": Option(1, "what processing_info asks a client to wait"),
    "x.media_seconds": Option(86_400, "how long a finalized media id lives"),
    "x.clock_skew": Option(300, "seconds by which an OAuth 1.0a timestamp may be off"),
    "x.signed_for": Option(
        "either",
        "the host that an OAuth 1.0a signature must be for, beside the sandbox's own",
        choices=("either", "api.twitter.com", "api.x.com"),
    ),
    "x.read_only": Option(False, "the app may only read: a signed write is a 403 oauth1-permissions"),
    "x.token_seconds": Option(7200, "how long an OAuth 2.0 access token lives"),
    "x.refresh_grace": Option(0.0, "seconds for which a refresh token still works after it was used"),
}


def get_option(state: SandboxState, name: str) -> Any:
    """Return the present value of ``x.<name>``: the default unless control changed it."""
    full_name = f"x.{name}"
    return state.settings.get(full_name, OPTIONS[full_name].default)
