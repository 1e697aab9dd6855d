"""``check`` says of a date what ``plan`` would do with it, and asks about one that is far away."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from humaspost.app.folder.scan import scan_folder, sync_ledger
from humaspost.app.office import Office
from humaspost.delivery.events import DeliveryEvent
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import publish_now
from humaspost.ledger.holds import account_holds, pauses
from humaspost.ledger.posts import decisions
from humaspost.model.event_kind import EventKind
from humaspost.model.problem import Problem
from humaspost.model.reasons import AccountHold
from humaspost.policy import lateness
from humaspost.reports.forecasts.plan_outlook import PlanOutlook, plan_outlook
from humaspost.settings.load import load_settings
from humaspost.views.date_problems import with_date_problems
from humaspost.views.events import format_event
from humaspost.views.times import TimeFormatter

CONFIG = """timezone = "Asia/Jakarta"
language = "en"
[accounts.x]
channel = "x"
handle = "@kotacontoh"
default = true
[accounts.kedua]
channel = "x"
handle = "@kedua"
[accounts.whatsapp]
channel = "whatsapp"
phone_number_id = "1"
business_account_id = "2"
[accounts.whatsapp.templates]
language = "id"
text = {name = "pengumuman", params = ["{title}", "{text}", "{link}"]}
[audiences.warga]
file = "warga.csv"
"""
ROWS = "phone,name,basis,purpose,source,consented_at\n"
NOW = datetime(2026, 11, 29, 5, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


class Desk:
    """An office whose clock a test moves; its list has nobody."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "posts").mkdir()
        (folder / "config.toml").write_text(CONFIG)
        (folder / "warga.csv").write_text(ROWS)
        self.time = NOW
        self.office = Office(load_settings(folder / "config.toml"), now=lambda: self.time, environ={})

    def post(self, name: str, due: datetime, keys: str = "channels: [x]") -> None:
        """Save a post that is due then."""
        text = f"---\nid: {name}\ntitle: T {name}\ndate: {due:%Y-%m-%d %H:%M} UTC\n{keys}\n---\n{name}\n"
        (self.folder / "posts" / f"{name}.md").write_text(text)

    def sync(self) -> None:
        """Enter the folder into the ledger, as a sender does, and send nothing."""
        sync_ledger(self.office, scan_folder(self.office))

    def outlook(self) -> PlanOutlook:
        """What ``plan`` shows."""
        return plan_outlook(self.office, scan_folder(self.office))

    def problems(self) -> list[Problem]:
        """The warnings about dates."""
        scan = scan_folder(self.office)
        dated = with_date_problems(scan, plan_outlook(self.office, scan), now=self.time)
        return [problem for problem in dated.problems if problem.code.startswith("date-")]

    def messages(self) -> list[str]:
        """What is said of dates, without the dates."""
        return [problem.message.partition(": ")[2] for problem in self.problems()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_date_within_the_grace_goes_out_at_once(desk: Desk) -> None:
    desk.time = NOW - DAY
    desk.sync()  # the ledger is older than the post
    desk.time = NOW
    desk.post("telat", NOW - 25 * MINUTE)
    [problem] = desk.problems()
    assert (problem.code, problem.is_error, problem.field) == ("date-past", False, "date")
    assert problem.position is not None
    assert problem.position.line == 4
    assert desk.messages() == ["it would go out at once"]
    assert desk.outlook().posts_to_come() == {"telat"}


def test_a_hold_is_told_and_accounts_are_named_where_they_differ(desk: Desk) -> None:
    desk.post("telat", NOW + MINUTE, "channels: [x, kedua]")
    desk.sync()
    desk.time = NOW + 25 * MINUTE
    write = desk.office.ledger(write=True).write
    kedua = write(lambda conn: accounts.get_by_name(conn, "kedua"))
    assert kedua is not None
    write(lambda conn: account_holds.hold_account(conn, kedua.id, AccountHold.LOGIN, now=desk.time))
    at_once, released = "it would go out at once", "it would go out as soon as nothing holds it"
    assert desk.messages() == [f"{at_once} (x)", f"{released} (kedua)"]
    write(lambda conn: pauses.start_pause(conn, "banjir", except_types=(), now=desk.time))
    assert desk.messages() == [released]


@pytest.mark.parametrize("age", [25 * MINUTE, 300 * DAY])
def test_a_date_before_the_first_start_is_missed(desk: Desk, age: timedelta) -> None:
    desk.post("lama", NOW - age)
    assert desk.messages() == ["it would be missed, and not go out"]
    assert "humaspost publish lama" in desk.problems()[0].hint
    assert desk.outlook().posts_to_come() == set()
    desk.sync()
    assert desk.messages() == ["it would be missed, and not go out"]


def test_each_date_has_the_effect_that_its_policy_gives_it(desk: Desk) -> None:
    desk.post("lewat", NOW - DAY, "late: skip\nchannels: [x]")
    assert desk.messages() == ["it would expire, and not go out"]
    desk.sync()
    assert desk.messages() == []  # it expired: nobody has to do anything


def test_a_date_to_come_a_draft_and_a_post_that_was_asked_for_say_nothing(desk: Desk) -> None:
    desk.post("nanti", NOW + DAY)
    desk.post("draf", NOW - DAY, "draft: true\nchannels: [x]")
    desk.post("diminta", NOW - DAY)
    desk.sync()
    desk.office.ledger(write=True).write(
        lambda conn: publish_now.request(conn, "diminta", account=None, verdict=lateness.verdict, now=NOW)
    )
    assert desk.messages() == []
    assert desk.outlook().posts_to_come() == {"nanti", "diminta"}


def test_a_cancelled_post_says_nothing_of_its_date(desk: Desk) -> None:
    desk.post("batal", NOW + MINUTE)
    desk.sync()
    desk.office.ledger(write=True).write(lambda conn: decisions.cancel(conn, "batal", account=None, now=NOW))
    desk.time = NOW + DAY
    assert desk.messages() == []


def test_an_account_that_would_send_to_nobody_does_not_count(desk: Desk) -> None:
    desk.time = NOW - DAY
    desk.sync()
    desk.time = NOW
    desk.post("dua", NOW - 25 * MINUTE, "channels: [x, whatsapp]\naudiences: [warga]")
    assert desk.messages() == ["it would go out at once"]
    assert desk.outlook().posts_to_come() == {"dua"}


@pytest.mark.parametrize(
    ("due", "is_far"),
    [
        (datetime(2027, 12, 28, 5, tzinfo=UTC), False),
        (datetime(2027, 12, 30, 5, tzinfo=UTC), True),
        (datetime(2172, 2, 3, tzinfo=UTC), True),
    ],
)
def test_a_date_more_than_13_months_away_asks(desk: Desk, due: datetime, *, is_far: bool) -> None:
    desk.post("jauh", due)
    found = desk.problems()
    assert [(problem.code, problem.is_error) for problem in found] == [("date-far", False)] * is_far
    assert desk.outlook().posts_to_come() == {"jauh"}
    desk.post("jauh", due, "allow: [date-far]\nchannels: [x]")
    assert desk.problems() == []


def test_a_post_that_reaches_nobody_is_not_to_come(desk: Desk) -> None:
    desk.post("sepi", NOW + DAY, "channels: [whatsapp]\naudiences: [warga]")
    assert desk.outlook().posts_to_come() == set()


def test_only_the_accounts_of_a_held_list_wait(desk: Desk) -> None:
    (desk.folder / "warga.csv").write_text(ROWS + "+6281200000001,P,consent,info,formulir,2021-01-01\n")
    desk.post("dua", NOW + DAY, "channels: [x, whatsapp]\naudiences: [warga]")
    desk.post("satu", NOW + DAY, "channels: [whatsapp]\naudiences: [warga]")
    outlook = desk.outlook()
    assert outlook.posts_to_come() == {"dua", "satu"}
    assert outlook.posts_to_come(["warga"]) == {"dua"}


@pytest.mark.parametrize(("age", "when"), [(25 * MINUTE, "today 11:35"), (300 * DAY, "Mon 2 Feb 2026 12:00")])
def test_a_new_file_of_long_ago_is_reported_with_its_year(age: timedelta, when: str) -> None:
    event = DeliveryEvent(NOW, EventKind.NEW, "lama", "x", "posts/lama.md", due_at=NOW - age)
    line = format_event(event, clock=TimeFormatter("Asia/Jakarta", NOW))
    assert line.endswith(f"new file posts/lama.md: lama, {when}, x")
