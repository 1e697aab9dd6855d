"""The post that `schedule` announces next."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from humaspost.app.folder.scan import scan_folder, sync_ledger
from humaspost.app.office import Office
from humaspost.reports.forecasts import post_judge
from humaspost.reports.schedule import Target, next_post
from humaspost.settings.load import load_settings

CONFIG = """timezone = "Asia/Jakarta"
language = "en"
[accounts.x]
channel = "x"
handle = "@kotacontoh"
[accounts.x2]
channel = "x"
handle = "@kecamatancontoh"
"""
POST = """---
id: {name}
title: "Loket {name}"
date: 2099-02-{day:02} 08:30 WIB
channels: [x, x2]
---
Loket {name} buka.
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "posts").mkdir()
    (tmp_path / "config.toml").write_text(CONFIG)
    for day in range(1, 21):
        (tmp_path / "posts" / f"p{day:02}.md").write_text(POST.format(name=f"p{day:02}", day=day))
    now = datetime.now(UTC) + timedelta(hours=1)
    made = Office(load_settings(tmp_path / "config.toml"), now=lambda: now, environ={})
    sync_ledger(made, scan_folder(made))
    yield made
    made.close()


def test_the_next_post_is_announced_with_each_of_its_accounts(office: Office) -> None:
    found = next_post(office, now=office.now())
    assert found is not None
    assert (found.post, found.targets) == ("p01", (Target("x", None), Target("x2", None)))
    later = next_post(office, now=found.due_at)
    assert later is not None
    assert later.post == "p02"
    assert next_post(office, now=datetime(2100, 1, 1, tzinfo=UTC)) is None


def test_the_rule_is_asked_for_no_post_after_the_next_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    decide = post_judge.decide_after_holds
    monkeypatch.setattr(post_judge, "decide_after_holds", lambda facts: asked.append(facts) or decide(facts))
    assert next_post(office, now=office.now()) is not None
    assert len(asked) == 3  # two accounts, and the first one of the post after it
