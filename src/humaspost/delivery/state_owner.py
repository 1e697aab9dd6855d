"""The owner of the state folder, who alone may send.

What another user, root included, writes there cannot be opened by the owner.
"""

import os
from pathlib import Path


class WrongUser(Exception):
    """A sender that is started by another user than the one whose state folder it is."""

    def __init__(self, path: Path, *, owner: str, user: str) -> None:
        super().__init__(f"{path} belongs to {owner}, not to {user}")
        self.path, self.owner, self.user = path, owner, user


def check_owner(state: Path, office: Path) -> None:
    """Raise WrongUser where this user does not own the state folder.

    Where there is none yet, only root in somebody's office is refused.
    """
    if os.name != "posix":
        return
    user = os.geteuid()
    if state.exists():
        folder, is_wrong = state, state.stat().st_uid != user
    else:
        folder, is_wrong = office, user == 0 and office.stat().st_uid != 0
    if is_wrong:
        raise WrongUser(folder, owner=_user_name(folder.stat().st_uid), user=_user_name(user))


def find_refused_path(state: Path) -> Path | None:
    """Return the first path of the state folder that this user may not read and write, or None.

    A file system that takes no writes from anybody refuses nothing to this user.
    """
    if os.name != "posix" or not os.path.lexists(state):
        return None
    if os.statvfs(state).f_flag & os.ST_RDONLY:
        return None
    if state.exists() and not state.is_dir():
        return state
    if not _is_usable(state, os.R_OK | os.W_OK | os.X_OK):
        return state
    return next((path for path in sorted(state.iterdir()) if not _is_usable(path, os.R_OK | os.W_OK)), None)


def _is_usable(path: Path, mode: int) -> bool:
    # A file that is gone by now is no refusal: others come and go.
    return os.access(path, mode) or not os.path.lexists(path)


def current_user() -> str:
    """Return the name of the user of this process."""
    return _user_name(os.geteuid())


def _user_name(number: int) -> str:
    """Return the name of the user, or ``#`` and its number, as sudo takes it."""
    import pwd

    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"#{number}"
