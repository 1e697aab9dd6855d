"""Who may send: the owner of the state folder."""

import os
from pathlib import Path

import pytest

from humaspost.delivery.state_owner import WrongUser, check_owner

NOBODY = 65534
needs_root = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder away"
)


@needs_root
def test_only_the_owner_of_the_state_folder_may_send(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    check_owner(state, tmp_path)
    os.chown(state, NOBODY, NOBODY)
    with pytest.raises(WrongUser, match="belongs to nobody, not to root"):
        check_owner(state, tmp_path)


@needs_root
def test_root_makes_no_state_folder_in_somebodys_office(tmp_path: Path) -> None:
    check_owner(tmp_path / "state", tmp_path)
    os.chown(tmp_path, 12345, 12345)
    with pytest.raises(WrongUser) as error:
        check_owner(tmp_path / "state", tmp_path)
    assert error.value.owner == "#12345", "as sudo takes it"
