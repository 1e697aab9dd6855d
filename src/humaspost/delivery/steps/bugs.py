"""Exceptions that are bugs, of our own or of a plug-in, and not a refusal of the world."""

import sysconfig
import traceback
from pathlib import Path

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError, StatementError

from humaspost.ledger.database import LedgerError
from humaspost.model.errors import ChannelError, Rejected

#: The code of a delivery that failed, or is unknown, because of a bug.
BUG_CODE = "bug"
_REFUSALS = (OSError, MemoryError, SQLAlchemyError, LedgerError, ChannelError)
#: Errors of SQLAlchemy that come from the values of one statement, not from the disk.
_VALUE_ERRORS = (DataError, IntegrityError)
_PACKAGE_FOLDER = Path(__file__).parents[2]
_STANDARD_LIBRARY = Path(sysconfig.get_path("stdlib"))


def is_bug(error: BaseException) -> bool:
    """Return True if the error comes from the values at hand, and would come again with them.

    A refusal of disk, ledger, network or platform is no bug: it says nothing about the delivery.
    """
    if isinstance(error, _VALUE_ERRORS) or type(error) is StatementError:
        return True
    return isinstance(error, Exception) and not isinstance(error, _REFUSALS)


def describe_bug(error: BaseException) -> str:
    """Return the type and the place of the error: ``KeyError at channels/x/client.py:12``.

    Never its message, which may hold a secret, a number or a name.
    """
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if not frames:
        return type(error).__name__
    path, line = next((frame for frame in reversed(frames) if _is_telling(frame[0])), frames[-1])
    is_ours = path.is_relative_to(_PACKAGE_FOLDER)
    place = path.relative_to(_PACKAGE_FOLDER).as_posix() if is_ours else path.name
    return f"{type(error).__name__} at {place}:{line}"


def _is_telling(path: Path) -> bool:
    """Return True for a file of ours or of a plug-in; Python's own say little."""
    if path.is_relative_to(_PACKAGE_FOLDER):
        return True
    return (
        path.is_absolute() and not path.is_relative_to(_STANDARD_LIBRARY) and "sqlalchemy" not in path.parts
    )


def as_rejection(error: Exception) -> Rejected:
    """Return the bug as a refusal of the delivery as it is."""
    return Rejected(BUG_CODE, describe_bug(error))
