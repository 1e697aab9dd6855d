"""Errors of a ledger as a whole: damaged, too old, or replaced."""

from pathlib import Path

from humaspost.base.i18n import _


class LedgerError(Exception):
    """A ledger that cannot be used in its present state; ``hint`` is the next step."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class UnsupportedLedgerError(LedgerError):
    """A ledger made before the first release; no migration starts from its tables."""

    def __init__(self, path: Path, hint: str = "") -> None:
        message = _("this ledger was made by a test version of humaspost and cannot be used: {path}")
        advice = _(
            "move the folder {folder} away; the next run makes a new ledger. Posts that were due before are not "
            "sent again by a new ledger. Pauses, opt-outs and saved logins stay in the old folder."
        )
        super().__init__(message.format(path=path), hint or advice.format(folder=path.parent))


class LedgerReplacedError(LedgerError):
    """A ledger whose path leads to another file, or to none, since this process opened it."""

    def __init__(self, path: Path, *, exists: bool) -> None:
        message = (
            _("the ledger {path} was replaced while it was in use; this process stops here")
            if exists
            else _("the ledger {path} was moved away while it was in use; this process stops here")
        )
        hint = (
            _(
                "see what the ledger that is there knows: humaspost status; then start this command again. "
                "Do not exchange the two by hand: the old one does not know what was sent since. To go back "
                "to it, stop all senders, then: humaspost restore OLD-LEDGER"
            )
            if exists
            else _(
                "put the folder {folder} back, then start this command again. If there is a new one by then, "
                "do not exchange the two: the old one does not know what was sent since. To go back to it, stop "
                "all senders, then: humaspost restore OLD-LEDGER"
            )
        )
        super().__init__(message.format(path=path), hint.format(folder=path.parent))
