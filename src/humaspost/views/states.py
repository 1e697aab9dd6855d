"""The names of delivery states, and the explanation of every state, reason and code."""

import importlib
import importlib.util
from collections.abc import Iterable, Mapping

import humaspost.channels.registry as registry
from humaspost.base.i18n import _
from humaspost.base.suggest import similar
from humaspost.views.text import wrap_text

STATE_EXPLANATIONS = {
    "scheduled": "It will be sent when it is due.",
    "preparing": "What it needs (uploads, containers) is being made on the platform; nothing is public yet.",
    "sending": "It is on its way this very moment.",
    "unknown": (
        "It was sent, but no answer came, so it may be live. Nothing is sent again until the platform proves that "
        "it did not land, or you say so. Look on the platform yourself, then: "
        "`humaspost resolve POST --published`, `--retry` or `--cancel`."
    ),
    "published": "It is live, and the platform confirmed it.",
    "held": "Something stops it for now; it goes on by itself when that ends. The reason stands beside it.",
    "missed": (
        "Its time passed by more than the grace while nothing could send it, so it was not sent late. Send it "
        "anyway with `humaspost publish POST`, or write a new `date:` in the post."
    ),
    "failed": (
        "The platform refused it for good; nothing is live. Mend the post (the reason stands beside it): within its "
        "grace it goes out then. Later, or as it is: `humaspost publish POST`."
    ),
    "expired": (
        "Its `expires:` passed, or it was late and its type says `late: skip`. It is not sent any more, unless its file "
        "gets dates by which it is in time."
    ),
    "refused": (
        "This recipient may not be sent to; others are unaffected. Only one without a consent is sent to later: when the "
        "consent is in a list while the post is in time."
    ),
    "cancelled": (
        "A person decided that it is not sent: `humaspost cancel POST`. Neither a new date nor an edit of the file "
        "undoes that; `humaspost publish POST` does, after a question, and sends it at once. Or the new text of its thread "
        "has fewer parts."
    ),
    "changed": (
        "The post was edited after it was published. The live text stays as it is and nothing is sent again. To "
        "correct it in public write a new post with `corrects: ID`; to delete it, do so on the platform."
    ),
}

REASON_EXPLANATIONS = {
    "pause": "Sending is paused everywhere. `humaspost resume` ends it.",
    "login": "The platform does not accept the account's login. `humaspost account check NAME` says why.",
    "quota": "The platform's allowance is spent; it goes on when that is renewed.",
    "throttle": "Three outcomes in a row were unknown, so the account waits and tries one at a time.",
    "file": "The post's file is missing, a draft, or has problems. It goes on when that is mended.",
    "not-in-plan": (
        "The newest plan does not have it: its file no longer names this account, this part of the thread or a list "
        "with this recipient. It goes on when the file names it again."
    ),
    "no-recipients": "The lists that the post names reach nobody. It goes on when a list has recipients.",
    "list": "A list that the post names is missing or cannot be used as it is. `humaspost check` says why.",
    "bug": (
        "humaspost itself failed while it prepared or sent this delivery. If its outcome is unknown, look on the "
        "platform yourself. Please report the error that `humaspost log POST` shows."
    ),
    "part": "An earlier part of the thread is not live yet.",
    "late": "Its time passed by more than the grace.",
    "before-ledger": "It was due before this office's ledger was made; a new ledger never sends old posts.",
    "consent": "There is no consent on record for this recipient.",
    "opt-out": "This recipient asked not to be written to.",
    "no-template": "Outside the 24-hour window WhatsApp takes only an approved template, and none fits.",
    "duplicate": (
        "It was sent again after an outcome that was unknown, and the earlier one turned out to be live too: two of it "
        "exist. Delete one on the platform, if it can be deleted there."
    ),
    "held-for-quality": (
        "WhatsApp took the message and keeps it back while it judges the template; later it delivers it, or drops it "
        "and says so by a notice."
    ),
    "template-paused": "WhatsApp took the message for a template that it has paused; whether it is delivered is open.",
    "no-marketing": (
        "This recipient told WhatsApp that they want no marketing from you, and the template is one. Templates of "
        "the category UTILITY still reach them."
    ),
    "expires": "Its `expires:` passed.",
    "restored": (
        "The ledger was restored from a copy that did not know yet what became of it, so it may be live. Nothing is "
        "sent again until you say so: `humaspost resolve POST --published`, `--retry` or `--cancel`."
    ),
    "same-text": (
        "The same text went out on this account within the last days under another id. If that is on purpose "
        "write `repeats: ID` in the post."
    ),
}


def state_word(state: str) -> str:
    """Return the state in the user's language."""
    return {
        "scheduled": _("scheduled"),
        "preparing": _("preparing"),
        "sending": _("sending"),
        "unknown": _("unknown"),
        "published": _("published"),
        "held": _("held"),
        "missed": _("missed"),
        "failed": _("failed"),
        "expired": _("expired"),
        "refused": _("refused"),
        "cancelled": _("cancelled"),
        "changed": _("changed"),
    }.get(state, state)


_PACKAGES = ("content", "media", "planning", "audience", "settings", "app")


def all_codes() -> dict[str, str]:
    """Return every code of a Problem with its English explanation.

    Imports no client of a platform.
    """
    codes: dict[str, str] = {}
    for module in _code_modules():
        codes.update(module)
    return codes


def _code_modules() -> Iterable[Mapping[str, str]]:
    names = [f"humaspost.{package}.codes" for package in _PACKAGES]
    names += [f"humaspost.channels.{name}.codes" for name in registry.channel_names()]
    for name in names:
        if importlib.util.find_spec(name):
            yield importlib.import_module(name).CODES


def format_explanation(code: str, *, columns: int = 80) -> list[str] | None:
    """Return the code and its explanation, or None if the code is unknown.

    States and reasons are also codes.
    """
    codes = all_codes() | STATE_EXPLANATIONS | REASON_EXPLANATIONS
    if code not in codes:
        return None
    return [code, *wrap_text(_(codes[code]), columns, indent="  ")]


def similar_codes(code: str) -> list[str]:
    """Return codes that look similar to this one."""
    return similar(code, sorted(all_codes() | STATE_EXPLANATIONS | REASON_EXPLANATIONS))
