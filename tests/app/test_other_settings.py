"""A command that waits for a person's answer keeps the config.toml that it opened with; a sender reads the newest."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from humaspost.app import cancellation, verbs
from humaspost.app.folder.scan import scan_folder, sync_ledger
from humaspost.app.folder.sync import create_rescan
from humaspost.app.office import Office
from humaspost.delivery.sender_lock import acquire_sender_lock
from humaspost.ledger.schema import account, plan_row
from humaspost.settings.load import load_settings
from humaspost.settings.problems import ConfigError
from tests.reports.forecasts.test_post_judge import Desk

FORMER, NEWEST = 3600.0, 600.0


class EditedOffice:
    """A post, and a command that opened the office before config.toml got a shorter grace and lost an account."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk(folder)
        self.desk.enlist(1)
        self.desk.post("a")
        self.desk.post("b", channel="whatsapp")
        self.desk.pass_time(seconds=30)
        self.command = self._open()
        self.config = folder / "config.toml"
        text = self.config.read_text()
        start, end = text.index("[accounts.x]"), text.index("[accounts.whatsapp]")
        self.config.write_text(text[:start] + '[policy]\ngrace = "10m"\n' + text[end:])
        self.sender = self._open()
        self._rescan = create_rescan(self.sender, lambda: None)

    def look(self) -> None:
        """Have the sender look at the folder until every file is settled, and once more."""
        for _look in range(3):
            self.desk.time += timedelta(seconds=10)
            self._rescan()

    def grace(self) -> dict[tuple[str, str], float]:
        """Return the grace of what is planned, by post and account."""
        columns = (plan_row.c.post, account.c.name, plan_row.c.grace)
        query = select(*columns).join(account, account.c.id == plan_row.c.account)
        with self.sender.ledger().read() as conn:
            return {(row.post, row.name): row.grace for row in conn.execute(query)}

    def close(self) -> None:
        """Close every office."""
        for office in (self.command, self.sender, self.desk.office):
            office.close()

    def _open(self) -> Office:
        config = self.desk.folder / "config.toml"
        return Office(load_settings(config), now=lambda: self.desk.time, environ={})


@pytest.fixture
def edited(tmp_path: Path) -> Iterator[EditedOffice]:
    made = EditedOffice(tmp_path)
    yield made
    made.close()


def test_the_sender_corrects_what_former_settings_planned(edited: EditedOffice) -> None:
    edited.look()
    assert edited.grace() == {("b", "whatsapp"): NEWEST}
    sync_ledger(edited.command, scan_folder(edited.command, for_sending=True))
    assert edited.grace() == {("a", "x"): FORMER, ("b", "whatsapp"): FORMER}
    edited.look()
    assert edited.grace()["b", "whatsapp"] == NEWEST


def publish(office: Office) -> object:
    """Publish while a sender runs, and do not wait for it."""
    with acquire_sender_lock(office.settings.state):
        return verbs.publish(office, "b", deadline=0.0)


def cancel(office: Office) -> object:
    return cancellation.cancel(office, "b")


@pytest.mark.parametrize("answer", [publish, cancel])
def test_an_answer_is_carried_out_with_the_newest_settings(
    edited: EditedOffice, answer: Callable[[Office], object]
) -> None:
    edited.look()
    answer(edited.command)
    assert edited.grace() == {("b", "whatsapp"): NEWEST}


def test_a_config_that_is_wrong_now_stops_a_publish_and_no_cancel(edited: EditedOffice) -> None:
    edited.look()
    edited.config.write_text(edited.config.read_text() + "[nothing")
    with pytest.raises(ConfigError):
        publish(edited.command)
    (counts,) = (
        counts for counts in cancellation.cancel(edited.command, "b") if counts.account == "whatsapp"
    )
    assert counts.cancelled_at is not None
