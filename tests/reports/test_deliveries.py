"""``log`` reads the ledger page by page, newest first, each attempt once."""

import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from humaspost.app.office import Office
from humaspost.cli.terminal import print_json, print_json_list
from humaspost.ledger import accounts
from humaspost.ledger.schema import attempt, delivery
from humaspost.model.delivery import State
from humaspost.model.records import AttemptRecord
from humaspost.reports.deliveries import attempt_pages
from humaspost.settings.load import load_settings

NOW = datetime(2027, 2, 3, 1, 0, tzinfo=UTC)
CONFIG = '[accounts.x]\nchannel = "x"\nhandle = "@kotacontoh"\n'


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "config.toml").write_text('timezone = "Asia/Jakarta"\n' + CONFIG)
    (tmp_path / "posts").mkdir()
    made = Office(load_settings(tmp_path / "config.toml"), now=lambda: NOW, environ={})
    yield made
    made.close()


def attempts(office: Office, count: int, *, post: str = "a") -> None:
    """Enter attempts, three of each second; of posts that are not planned."""
    (account,) = office.settings.accounts
    ledger = office.ledger(write=True)
    account_id = ledger.write(lambda conn: accounts.ensure_account(conn, account))
    keys = [f"{post}-{number:06}" for number in range(count)]
    row = {"post": post, "account": account_id, "part": 1, "due_at": NOW, "priority": 5, "updated_at": NOW}
    deliveries = [row | {"key": key, "recipient": key, "state": State.FAILED} for key in keys]
    tries = [
        {
            "key": key,
            "number": 1,
            "owner": "me",
            "rendition": "r",
            "token": "null",
            "started_at": NOW + timedelta(seconds=number // 3),
        }
        for number, key in enumerate(keys)
    ]
    ledger.write(
        lambda conn: (conn.execute(insert(delivery), deliveries), conn.execute(insert(attempt), tries))
    )


def keys(office: Office, *, post: str | None = None, limit: int | None = None) -> list[str]:
    pages = attempt_pages(office, post_id=post, limit=limit, page_size=4)
    return [row.key for page in pages for row in page]


@pytest.mark.parametrize("count", [0, 1, 4, 8, 11])
def test_every_attempt_is_there_once_and_the_newest_first(office: Office, count: int) -> None:
    if count:
        attempts(office, count)
    expected = [f"a-{number:06}" for number in reversed(range(count))]
    assert keys(office) == expected
    assert keys(office, limit=5) == expected[:5]
    assert keys(office, limit=4) == expected[:4]


def test_one_post(office: Office) -> None:
    attempts(office, 5)
    attempts(office, 6, post="b")
    assert keys(office, post="b") == [f"b-{number:06}" for number in reversed(range(6))]


def test_pages_are_read_one_after_the_other(office: Office) -> None:
    """An attempt made while a page is read is on no later page; nothing is read ahead."""
    attempts(office, 8)
    pages = attempt_pages(office, post_id=None, limit=None, page_size=4)
    first = [row.key for row in next(pages)]
    attempts(office, 3, post="zz")
    rest = [row.key for page in pages for row in page]
    assert [key for key in first + rest if key.startswith("a")] == [f"a-{n:06}" for n in reversed(range(8))]


def test_the_whole_ledger_is_never_in_memory(office: Office) -> None:
    def peak(collect: Callable[[Iterator[list[AttemptRecord]]], object]) -> int:
        tracemalloc.start()
        collect(attempt_pages(office, post_id=None, limit=None, page_size=50))
        _size, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    attempts(office, 4000)
    assert peak(lambda pages: sum(map(len, pages))) < 0.2 * peak(list)


@pytest.mark.parametrize("entries", [[], [{"a": 1}], [{"a": [1, 2]}, {"b": {"c": None}}, {}]])
def test_a_list_that_is_printed_entry_by_entry_is_the_same_document(
    entries: list[object], capsys: pytest.CaptureFixture[str]
) -> None:
    print_json({"schema": 1, "attempts": entries})
    expected = capsys.readouterr().out
    print_json_list({"schema": 1}, "attempts", iter(entries))
    streamed = capsys.readouterr().out
    assert streamed == expected
    assert json.loads(streamed)["attempts"] == entries
