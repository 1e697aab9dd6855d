"""``doctor`` finds logins that end before their posts are due."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from humaspost.app.office import Office
from humaspost.ledger import accounts
from humaspost.ledger.posts import sync_plan
from humaspost.model.account import AccountStatus, Identity
from humaspost.model.plan import Plan, PlanRow
from humaspost.model.post import PublishTime
from humaspost.model.rendition import Part, Rendition
from humaspost.policy import lateness
from humaspost.reports.doctor import run_checks
from humaspost.reports.login_expiry import login_expiry
from humaspost.settings.load import load_settings
from humaspost.views.doctor import result_text
from humaspost.views.times import TimeFormatter

NOW = datetime(2027, 2, 3, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CONFIG = """\
timezone = "Asia/Jakarta"
language = "en"
[accounts.instagram]
channel = "instagram"
user_id = "1"
[media]
folder = "web"
public_base_url = "https://media.kotacontoh.example"
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "posts").mkdir()
    made = Office(load_settings(tmp_path / "config.toml"), now=lambda: NOW, environ={})
    yield made
    made.close()


def schedule(office: Office, *days: int, expires: timedelta | None, renews: bool = False) -> None:
    (account,) = office.settings.accounts
    rows = []
    for day in days:
        due = NOW + day * DAY
        when = PublishTime(f"{due:%Y-%m-%dT%H:%M}", "UTC", due)
        rendition = Rendition("instagram", (Part(1, str(day)),))
        rows.append(PlanRow(f"p{day}", f"posts/p{day}.md", "T", "", account, when, rendition))
    ledger = office.ledger(write=True)
    id_ = ledger.write(lambda conn: accounts.ensure_account(conn, account))
    ledger.write(lambda conn: sync_plan.sync(conn, Plan(tuple(rows)), verdict=lateness.verdict, now=NOW))
    identity = Identity("1", "@kotacontoh")
    ledger.write(lambda conn: accounts.bind_account(conn, id_, identity, now=NOW, configured=frozenset()))
    facts = AccountStatus(NOW, NOW + expires if expires else None, extra={"renews": renews})
    ledger.write(lambda conn: accounts.save_status(conn, id_, facts))


def expiries(office: Office) -> list[tuple[str, timedelta, int]]:
    return [(one.account, one.expires_at - NOW, one.post_count) for one in login_expiry(office)]


def test_posts_after_the_end_are_counted(office: Office) -> None:
    schedule(office, 1, 19, 20, 21, expires=20 * DAY)
    assert expiries(office) == [("instagram", 20 * DAY, 2)]
    clock = TimeFormatter("Asia/Jakarta", NOW)
    told = [result_text(result, clock) for result in run_checks(office) if result.topic == "login"]
    assert told == ["instagram: the login ends Tue 23 Feb 08:00, and 2 posts are due after that"]


@pytest.mark.parametrize(("expires", "renews"), [(None, False), (22 * DAY, False), (20 * DAY, True)])
def test_nothing_is_reported_without_an_expiry_or_with_a_later_one(
    office: Office, expires: timedelta | None, renews: bool
) -> None:
    schedule(office, 1, 21, expires=expires, renews=renews)
    assert expiries(office) == []


def test_a_renewal_that_evidently_fails_is_not_trusted(office: Office) -> None:
    schedule(office, 21, expires=13 * DAY, renews=True)
    assert expiries(office) == [("instagram", 13 * DAY, 1)]
