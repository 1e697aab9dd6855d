"""The lock of the sender: who has it is named."""

import os
from pathlib import Path

import pytest

from humaspost.delivery.sender_lock import read_owner
from humaspost.ledger import lock


def test_the_owner_is_who_uses_the_ledger_and_not_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_owner(tmp_path) is None
    with lock.acquire_shared(tmp_path, "serve"), monkeypatch.context() as other:
        other.setattr(lock, "_own_files", set())
        assert read_owner(tmp_path) is None
    with lock.acquire_exclusive(tmp_path, "restore"), monkeypatch.context() as other:
        other.setattr(lock, "_own_files", set())
        owner = read_owner(tmp_path)
    assert owner is not None
    assert owner.pid == os.getpid()
