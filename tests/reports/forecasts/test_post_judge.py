"""Without a sender, ``status`` says of every post what ``plan`` says at the same moment."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text, update

from humaspost.app.audiences import import_changed
from humaspost.app.folder.scan import scan_folder, sync_ledger
from humaspost.app.office import Office
from humaspost.ledger.deliveries import claims, publish_now
from humaspost.ledger.holds import pauses
from humaspost.ledger.posts import decisions
from humaspost.ledger.schema import account, delivery, plan_row
from humaspost.model.delivery import State
from humaspost.policy import lateness
from humaspost.policy.eligibility import check_recipient
from humaspost.reports.cancellation import cancel_preview
from humaspost.reports.forecasts.plan_outlook import plan_outlook
from humaspost.reports.forecasts.send_forecast import send_forecasts
from humaspost.reports.publish import publish_preview
from humaspost.reports.renditions_of_post import previews_for
from humaspost.reports.status import StatusReport, status_report
from humaspost.settings.load import load_settings
from humaspost.views.decisions.publish import format_publish_preview
from humaspost.views.forecasts.send_forecast import format_send_forecasts
from humaspost.views.status import format_status
from humaspost.views.times import TimeFormatter

CONFIG = """timezone = "Asia/Jakarta"
language = "en"
[accounts.x]
channel = "x"
handle = "@kotacontoh"
[accounts.whatsapp]
channel = "whatsapp"
phone_number_id = "1"
business_account_id = "2"
[accounts.whatsapp.templates]
language = "id"
text = {name = "pengumuman", params = ["{title}", "{text}", "{link}"]}
[audiences.warga]
file = "audiences/warga.csv"
"""
HEADER = "phone,name,basis,purpose,source,consented_at\n"


class Desk:
    """An office without a sender, whose clock a test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("posts", "audiences"):
            (folder / name).mkdir()
        (folder / "config.toml").write_text(CONFIG)
        self.time = datetime.now(UTC).replace(microsecond=0)
        self.office = Office(load_settings(folder / "config.toml"), now=lambda: self.time, environ={})

    def configure(self, text: str) -> None:
        """Save another config, and open the office with it."""
        (self.folder / "config.toml").write_text(text)
        self.office.close()
        settings = load_settings(self.folder / "config.toml")
        self.office = Office(settings, now=lambda: self.time, environ={})

    def edit(self, name: str, old: str, new: str) -> None:
        """Change a post's file, long enough ago to be settled."""
        path = self.folder / "posts" / f"{name}.md"
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")
        past = self.time.timestamp() - 10
        os.utime(path, (past, past))
        scan_folder(self.office, for_sending=True)

    def settle(self, state: State, *, is_first_part: bool = False, **values: object) -> None:
        """Have every delivery be in this state, or the first part of each, as a sender left it."""
        concerned = delivery.c.part == 1 if is_first_part else delivery.c.part > 0
        self.office.ledger(write=True).write(
            lambda conn: conn.execute(update(delivery).where(concerned).values(state=state, **values))
        )

    def remaining(self) -> dict[str, int]:
        """Return how many deliveries of each post ``plan`` says will be sent, or wait."""
        count: Counter[str] = Counter()
        for one in plan_outlook(self.office, scan_folder(self.office)).upcoming:
            count[one.row.post] += one.remaining
        return dict(count)

    def enlist(self, *numbers: int) -> None:
        """Save the list, long enough ago to be settled, and import it."""
        rows = "".join(f"+62812000000{n:02},P {n},consent,info,formulir,2021-01-01\n" for n in numbers)
        path = self.folder / "audiences" / "warga.csv"
        path.write_text(HEADER + rows)
        past = self.time.timestamp() - 60
        os.utime(path, (past, past))
        import_changed(self.office)
        self.time += timedelta(seconds=5)  # a changed file counts when it is the same in two looks
        import_changed(self.office)

    def post(self, name: str, *, channel: str = "x", expires: timedelta | None = None) -> None:
        """Save a post that is due in an hour."""
        due = self.time + timedelta(hours=1)
        more = f"expires: {due + expires:%Y-%m-%d %H:%M} UTC\n" if expires else ""
        more += "audiences: [warga]\n" if channel == "whatsapp" else ""
        text = f"---\nid: {name}\ntitle: T {name}\ndate: {due:%Y-%m-%d %H:%M} UTC\n{more}channels: [{channel}]\n---\n{name}\n"
        (self.folder / "posts" / f"{name}.md").write_text(text)

    def sync(self) -> None:
        """Enter the folder into the ledger, as a sender does, and send nothing."""
        self.time += timedelta(seconds=30)
        sync_ledger(self.office, scan_folder(self.office, for_sending=True))

    def pass_time(self, **period: float) -> None:
        """Let time pass without a sender."""
        self.time += timedelta(**period)

    def status(self) -> StatusReport:
        """Return what ``status`` reports."""
        return status_report(self.office)

    def said(self) -> dict[str, set[str]]:
        """Return what ``status`` counts of each post, held ones with their reason."""
        return {
            entry.id: {
                f"{state} {entry.reasons.get(state, '')}".strip() for state, n in entry.counts.items() if n
            }
            for entry in self.status().posts
        }

    def preview(self, name: str) -> list[str]:
        """Return what ``preview`` says at its end."""
        scan = scan_folder(self.office)
        (post,) = [post for post in scan.posts if post.id == name]
        forecasts = send_forecasts(self.office, scan, post, previews_for(self.office, post))
        clock = TimeFormatter(self.office.settings.timezone, self.time)
        return [line.strip() for line in format_send_forecasts(forecasts, clock=clock)]

    def planned(self) -> dict[str, set[str]]:
        """Return the same as ``plan`` says it."""
        outlook = plan_outlook(self.office, scan_folder(self.office))
        said: dict[str, set[str]] = {}
        for one in outlook.upcoming:
            state = f"held {one.hold_reason}" if one.hold_reason else "scheduled"
            said.setdefault(one.row.post, set()).add(state)
        for item in outlook.not_sending:
            said.setdefault(item.post, set()).add(f"{item.kind} {item.reason}")
        return said


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.office.close()


def test_status_and_plan_say_the_same_while_nobody_sends(desk: Desk) -> None:
    desk.enlist(1, 2, 3, 4, 5, 6)
    for name in ("ramai", "batal"):
        desk.post(name, channel="whatsapp")
    desk.post("siaran")
    desk.post("sebentar", expires=timedelta(minutes=90))
    desk.sync()
    desk.office.ledger(write=True).write(
        lambda conn: decisions.cancel(conn, "batal", account=None, now=desk.time)
    )
    waits = {"ramai": {"scheduled"}, "siaran": {"scheduled"}, "sebentar": {"scheduled"}}
    assert desk.said() == desk.planned() == waits | {"batal": {"cancelled person"}}
    assert desk.status().attention == ()
    desk.enlist(1)
    assert desk.said()["ramai"] == desk.planned()["ramai"] == {"held list"}
    assert desk.status().attention == ()  # it is not due yet: the list is told, not the post
    desk.pass_time(minutes=70)
    assert desk.said() == desk.planned() == waits | {"batal": {"cancelled person"}, "ramai": {"held list"}}
    (item,) = desk.status().attention
    assert (item.state, item.post, item.count, item.detail) == ("held", "ramai", 6, "warga")
    desk.pass_time(hours=2)
    late = {"siaran": {"missed late"}, "sebentar": {"expired expires"}, "ramai": {"held list"}}
    assert desk.said() == desk.planned() == late | {"batal": {"cancelled person"}}
    assert desk.status().counts == {"missed": 1, "expired": 1, "held": 6, "cancelled": 6}
    assert {(item.post, item.state, item.count) for item in desk.status().attention} == {
        ("siaran", "missed", 1),
        ("sebentar", "expired", 1),
        ("ramai", "held", 6),
    }
    shown = format_status(desk.status(), clock=TimeFormatter(desk.office.settings.timezone, desk.time))
    assert "NEXT 24 HOURS (1)" in shown  # the one that waits for its list
    assert "humaspost publish siaran, or give it a new date:" in "\n".join(shown)
    assert "humaspost publish ramai" in "\n".join(shown)
    desk.enlist(1, 2, 3, 4, 5, 6)
    assert desk.said()["ramai"] == desk.planned()["ramai"] == {"missed late"}


@pytest.mark.parametrize("hold", ["pause", "login"])
def test_a_pause_or_a_refused_login_hides_no_lateness(desk: Desk, hold: str) -> None:
    desk.post("siaran")
    desk.post("sebentar", expires=timedelta(minutes=90))
    desk.sync()
    write = desk.office.ledger(write=True).write
    if hold == "pause":
        write(lambda conn: pauses.start_pause(conn, "uji", except_types=(), now=desk.time))
    else:
        write(lambda conn: conn.execute(update(account).values(hold="login")))
    desk.pass_time(minutes=65)
    desk.settle(State.HELD, reason=hold)  # a sender noticed it
    assert desk.said() == desk.planned() == {name: {f"held {hold}"} for name in ("siaran", "sebentar")}
    assert desk.status().attention == ()
    desk.pass_time(hours=2)
    assert desk.said() == desk.planned() == {"siaran": {"missed late"}, "sebentar": {"expired expires"}}
    assert {(item.post, item.state) for item in desk.status().attention} == {
        ("siaran", "missed"),
        ("sebentar", "expired"),
    }
    assert desk.remaining() == {}


def test_what_a_sender_recorded_as_expired_is_a_need_until_a_person_answers(desk: Desk) -> None:
    desk.post("sebentar", expires=timedelta(minutes=90))
    desk.post("batal", expires=timedelta(minutes=90))
    desk.sync()
    desk.pass_time(days=3)
    desk.settle(State.EXPIRED, reason="expires")
    assert {(item.post, item.state, item.count) for item in desk.status().attention} == {
        ("sebentar", "expired", 1),
        ("batal", "expired", 1),
    }
    clock = TimeFormatter(desk.office.settings.timezone, desk.time)
    shown = "\n".join(format_status(desk.status(), clock=clock))
    assert "give it new dates in its file, or: humaspost cancel sebentar" in shown
    (post,) = [one for one in scan_folder(desk.office).posts if one.id == "sebentar"]
    tried = "\n".join(
        format_publish_preview(publish_preview(desk.office, post, account=None), post, clock=clock)
    )
    assert "Expired, left alone: x: its `expires:` passed" in tried
    assert "write new dates in posts/sebentar.md" in tried
    assert not cancel_preview(desk.office, "batal", account=None).is_pointless
    desk.office.ledger(write=True).write(
        lambda conn: decisions.cancel(conn, "batal", account=None, now=desk.time)
    )
    assert [item.post for item in desk.status().attention] == ["sebentar"]
    path = desk.folder / "posts" / "sebentar.md"
    old = re.search("date: .*", path.read_text()).group()
    new = f"date: {desk.time + timedelta(hours=1):%Y-%m-%d %H:%M} UTC"
    desk.edit("sebentar", old, new)
    ends = re.search("expires: .*", path.read_text()).group()
    desk.edit("sebentar", ends, f"expires: {desk.time + timedelta(hours=2):%Y-%m-%d %H:%M} UTC")
    desk.sync()
    assert desk.status().attention == ()


def test_what_was_over_before_the_office_began_needs_nobody(desk: Desk) -> None:
    desk.post("lama", expires=timedelta(minutes=90))
    desk.pass_time(days=3)
    desk.sync()
    assert desk.said() == {"lama": {"expired expires"}}
    assert desk.status().attention == ()


def test_a_hold_of_a_list_that_begins_after_a_publish_holds_the_post_again(desk: Desk) -> None:
    def publish() -> None:
        desk.office.ledger(write=True).write(
            lambda conn: publish_now.request(
                conn, "ramai", account=None, verdict=lateness.verdict, now=desk.time
            )
        )

    desk.enlist(1, 2, 3, 4, 5, 6)
    desk.post("ramai", channel="whatsapp")
    desk.sync()
    desk.enlist(1)
    publish()
    assert desk.planned()["ramai"] == {"scheduled"}
    desk.enlist(1, 2, 3, 4, 5, 6)
    desk.pass_time(minutes=5)
    desk.enlist(1)
    assert desk.said()["ramai"] == desk.planned()["ramai"] == {"held list"}
    publish()
    assert desk.said()["ramai"] == desk.planned()["ramai"] == {"scheduled"}


def test_people_who_joined_after_the_grace_are_counted_for_a_new_date_and_for_publish(desk: Desk) -> None:
    def count(name: str = "ramai") -> int:
        outlook = plan_outlook(desk.office, scan_folder(desk.office))
        return sum(one.remaining for one in outlook.upcoming if one.row.post == name)

    def asked() -> list[int]:
        (post,) = scan_folder(desk.office).posts
        return [n for _preview, n in publish_preview(desk.office, post, account=None).to_send]

    desk.enlist(1, 2, 3)
    desk.post("ramai", channel="whatsapp")
    desk.sync()
    desk.pass_time(hours=1)
    write = desk.office.ledger(write=True).write
    write(lambda conn: expand_and_publish(conn, desk.time))
    desk.pass_time(days=2)
    assert (count(), asked(), desk.planned()) == (0, [], {})
    desk.enlist(1, 2, 4, 5)  # one left, two joined
    assert (count(), asked()) == (0, [2])
    path = desk.folder / "posts" / "ramai.md"
    due = desk.time + timedelta(hours=3)
    path.write_text(re.sub(r"date: .*", f"date: {due:%Y-%m-%d %H:%M} UTC", path.read_text()))
    os.utime(path, (desk.time.timestamp() - 60,) * 2)
    assert count() == 2
    desk.sync()
    desk.sync()  # a changed file counts when it is the same in two looks
    assert (count(), asked()) == (2, [2])


def expand_and_publish(conn: Connection, now: datetime) -> None:
    """Let everybody have the post on the one account that has people."""
    for account_id in conn.scalars(select(plan_row.c.account)).all():
        claims.expand_due(conn, account_id, check_recipient=check_recipient, until=now, now=now)
    conn.execute(text("UPDATE delivery SET state = 'published', published_at = updated_at"))
    conn.execute(
        update(plan_row).values(first_write_at=now, progress_at=now, frozen_rendition=plan_row.c.rendition)
    )


def test_what_a_person_took_out_is_told_and_needs_nobody(desk: Desk) -> None:
    desk.post("siaran")
    desk.sync()
    path = desk.folder / "posts" / "siaran.md"
    path.write_text(path.read_text().replace("[x]", "[whatsapp]\naudiences: [warga]"))
    desk.enlist(1)
    desk.sync()
    desk.sync()  # a changed file counts when it is the same in two looks
    desk.pass_time(hours=3)
    of_x = next(entry for entry in desk.status().posts if entry.account == "x")
    assert (of_x.counts, of_x.reasons) == ({"held": 1}, {"held": "not-in-plan"})
    assert [item.accounts for item in desk.status().attention] == [("whatsapp",)]
    outlook = plan_outlook(desk.office, scan_folder(desk.office))
    assert [
        (item.kind, item.accounts, item.reason) for item in outlook.not_sending if "x" in item.accounts
    ] == [("held", ("x",), "not-in-plan")]


def test_a_post_whose_lists_reach_nobody_is_held_before_any_sender_says_so(desk: Desk) -> None:
    desk.enlist(1)
    desk.post("kabar", channel="whatsapp")
    desk.sync()
    desk.office.ledger(write=True).write(
        lambda conn: conn.exec_driver_sql("UPDATE recipient SET opted_out_at = '2026-01-01T00:00:00.000000Z'")
    )
    desk.pass_time(minutes=65)
    assert desk.planned() == {"kabar": {"held no-recipients"}}
    (entry,) = desk.status().posts
    assert (entry.stop, entry.stop_reason) == ("held", "no-recipients")
    assert [item.reason for item in desk.status().attention] == ["no-recipients"]


def test_preview_says_when_each_channel_gets_it_or_why_not(desk: Desk) -> None:
    desk.enlist(1, 2, 3, 4, 5, 6)
    desk.post("siaran")
    desk.post("kabar", channel="whatsapp")
    clock = TimeFormatter(desk.office.settings.timezone, desk.time)
    due = (desk.time + timedelta(hours=1)).replace(second=0)
    when = clock.format_date(due)
    assert desk.preview("siaran") == [f"x  will be sent {when}"]  # before any sender read it
    desk.sync()
    assert desk.preview("siaran") == [f"x  will be sent {when}"]
    desk.enlist(1)
    assert desk.preview("kabar")[0].startswith(
        "whatsapp  held: humaspost does not use the new file of its list"
    )
    write = desk.office.ledger(write=True).write
    write(lambda conn: decisions.cancel(conn, "kabar", account=None, now=desk.time))
    today = TimeFormatter(desk.office.settings.timezone, desk.time).format_date(desk.time)
    assert desk.preview("kabar") == [f"whatsapp  will not be sent: cancelled by a person, {today}"]
    desk.pass_time(minutes=70)
    assert desk.preview("siaran") == [f"x  will be sent at once; was due {when}"]
    desk.pass_time(hours=2)
    assert desk.preview("siaran") == [
        f"x  will not be sent: missed: was due {when}; not sent within its grace"
    ]
    path = desk.folder / "posts" / "siaran.md"
    path.write_text(path.read_text().replace("---\nid", "---\ndraft: true\nid", 1))
    assert desk.preview("siaran") == ["x  will not be sent: a draft"]


def test_the_error_of_a_published_post_that_gets_another_channel_is_told(desk: Desk) -> None:
    desk.enlist(1, 2)
    desk.post("siaran")
    desk.sync()
    desk.settle(State.PUBLISHED, published_at=desk.time)
    start, end = CONFIG.index("[accounts.x]"), CONFIG.index("[accounts.whatsapp]")
    desk.configure(CONFIG[:start] + CONFIG[end:])
    desk.sync()
    assert desk.status().blocked_files == ()  # nothing of it is missing anywhere
    desk.edit("siaran", "channels: [x]", "channels: [x, whatsapp]\naudiences: [warga]")
    desk.sync()
    assert [one.file for one in desk.status().blocked_files] == ["posts/siaran.md"]


def test_plan_counts_what_the_next_scan_sets_free(desk: Desk) -> None:
    desk.enlist(1, 2, 3)
    desk.post("surat", channel="whatsapp")
    desk.sync()
    desk.pass_time(minutes=61)
    desk.office.ledger(write=True).write(lambda conn: expand_and_publish(conn, desk.time))
    desk.settle(State.PUBLISHED, published_at=desk.time)
    assert desk.remaining() == {}
    desk.enlist(1, 2, 3, 4, 5)
    assert desk.remaining() == {"surat": 2}
    desk.settle(State.FAILED)
    assert desk.remaining() == {"surat": 2}
    desk.edit("surat", "\nsurat", "\nsurat yang benar")
    assert desk.remaining() == {"surat": 5}
    desk.pass_time(hours=3)
    assert desk.remaining() == {}  # who mends an old file does not think of sending it


def test_plan_counts_what_another_end_or_late_rule_sets_free(desk: Desk) -> None:
    for name in ("akhir", "telat"):
        desk.post(name, expires=timedelta(minutes=90))
    desk.sync()
    desk.settle(State.MISSED, reason="late")
    desk.pass_time(minutes=70)
    assert desk.remaining() == {}
    desk.edit("telat", "channels:", "late: publish\nchannels:")
    desk.edit("akhir", "expires: ", "expires: 2099-01-01 10:00 UTC # ")
    assert desk.remaining() == {"akhir": 1, "telat": 1}


def test_plan_counts_a_post_whose_account_is_back(desk: Desk) -> None:
    desk.post("siaran")
    desk.enlist(1, 2)
    desk.edit("siaran", "channels: [x]", "channels: [x, whatsapp]\naudiences: [warga]")
    desk.sync()
    desk.edit("siaran", "[x, whatsapp]", "[whatsapp]")
    desk.sync()
    assert desk.remaining() == {"siaran": 2}
    desk.edit("siaran", "[whatsapp]", "[x, whatsapp]")
    assert desk.remaining() == {"siaran": 3}
    assert desk.planned() == {"siaran": {"scheduled"}}


def test_plan_does_not_count_the_refused_part_of_a_thread(desk: Desk) -> None:
    desk.post("utas")
    desk.edit("utas", "\nutas", "\nsatu\n<!-- part -->\ndua\n<!-- part -->\ntiga")
    desk.sync()
    desk.pass_time(minutes=70)
    desk.settle(State.FAILED, is_first_part=True)
    assert desk.remaining() == {"utas": 2}
    assert desk.planned() == {"utas": {"held part 2", "failed "}}
    desk.edit("utas", "tiga", "tiga\n<!-- part -->\nempat")
    desk.pass_time(minutes=-20)
    assert desk.remaining() == {"utas": 4}
    assert desk.planned() == {"utas": {"scheduled"}}


def test_plan_counts_a_post_whose_file_was_mended_since_the_last_scan(desk: Desk) -> None:
    desk.post("siaran")
    desk.sync()
    desk.edit("siaran", "channels: [x]", "channels: [y]")
    desk.sync()
    desk.edit("siaran", "channels: [y]", "channels: [x]")
    desk.pass_time(minutes=61)
    assert desk.planned() == {"siaran": {"scheduled"}}
