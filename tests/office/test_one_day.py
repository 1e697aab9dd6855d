"""One office, one running ``schedule``, and what people do to it while all sending is paused.

Each numbered finding of ``findings.py`` as a person would meet it: the pause makes room for the edits, so that
no test races with a due minute.
"""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.e2e.conftest import paste
from tests.support.deadlines import SECOND
from tests.support.office import Office, SandboxProcess
from tests.support.program import Process
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("one-day")]
HEAD = "phone,name,basis,purpose,source,consented_at"
REFUSED = {"title": "Invalid Request", "type": "https://api.twitter.com/2/problems/invalid-request"}


def rows(*numbers: int) -> str:
    """Return a list with people of these numbers."""
    lines = [f"+628120000{n:04}0,Penerima {n},consent,informasi,formulir,2021-01-01" for n in numbers]
    return "\n".join([HEAD, *lines, ""])


@dataclass(frozen=True, slots=True)
class Day:
    """The office, its scheduler, and what the public sees of one post's words."""

    office: Office
    schedule: Process

    def wait(self, kind: str, post: str) -> None:
        """Wait until the scheduler told that."""
        self.schedule.line(lambda line: (told := json.loads(line))["kind"] == kind and told["post"] == post)

    def edit(self, name: str, old: str, new: str) -> None:
        """Change the words of a post's file, and wait until the scheduler read them."""
        path = self.office.folder / "posts" / f"{name}.md"
        text = path.read_text("utf-8")
        assert old in text
        seen = len(self.schedule.lines)
        self.office.write(path.name, text.replace(old, new))
        wait_until(
            lambda: any('"changed"' in line and f'"{name}"' in line for line in self.schedule.lines[seen:]),
            within=30 * SECOND,
        )

    def public(self, words: str) -> Counter[str]:
        """Return where the words stand, by channel and the last digits of a number."""
        shown: list[dict[str, Any]] = [one for one in self.office.sandbox.objects() if words in one["text"]]
        return Counter(one["channel"] + (one["to"] or "")[-3:] for one in shown)

    def until_public(self, words: str, **places: int) -> None:
        """Wait until the words stand in so many places of each channel, and in no more."""

        def count() -> Counter[str]:
            return Counter(place.rstrip("0123456789") for place in self.public(words).elements())

        wait_until(lambda: count() == places, within=30 * SECOND)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, _shared_sandbox: SandboxProcess) -> Iterator[Day]:
    _shared_sandbox.control("reset", method="POST")
    folder = tmp_path_factory.mktemp("day")
    office = Office(folder, _shared_sandbox)
    try:
        office.run("init", "kantor")
        office.folder = folder / "kantor"
        paste(office)
        shutil.rmtree(office.folder / "posts")
        (office.folder / "posts").mkdir()
        config = office.folder / "config.toml"
        text = config.read_text("utf-8")
        for name, numbers in (("wartawan", (1, 2, 3, 4)), ("warga", (5, 6))):
            (office.folder / "audiences" / f"{name}.csv").write_text(rows(*numbers), "utf-8")
        config.write_text(text + '\n[audiences.warga]\nfile = "audiences/warga.csv"\n', "utf-8")
        office.run("account", "check", "x")
        office.run("account", "check", "whatsapp")
        schedule = office.start("schedule", "--jsonl")
        yield Day(office, schedule)
        assert schedule.end() == 0
        assert office.leaks(_shared_sandbox.secrets) == []
    finally:
        office.end()


@pytest.fixture
def paused(day: Day) -> Day:
    """A pause within which files become due; the test ends it."""
    day.office.run("pause", "--reason", "uji")
    return day


def test_what_a_post_no_longer_names_gets_nothing(paused: Day) -> None:
    """Findings 1 and 3: a channel, a list and a person are taken out after the minute is over."""
    office = paused.office
    audiences = "[wartawan, warga]"
    office.post("siaran", "RAHASIA lama.", due=1, channels="[x, whatsapp]", audiences=audiences)
    paused.wait("new", "siaran")
    (office.folder / "audiences" / "wartawan.csv").write_text(rows(1, 2, 3), "utf-8")
    office.run("audience", "import", "wartawan", "--yes")
    paused.edit("siaran", "channels: [x, whatsapp]", "channels: [whatsapp]")
    paused.edit("siaran", "RAHASIA lama.", "Untuk wartawan.")
    paused.edit("siaran", audiences, "[wartawan]")
    office.run("resume")
    paused.until_public("Untuk wartawan", whatsapp=3)
    assert set(paused.public("Untuk wartawan")) == {"whatsapp010", "whatsapp020", "whatsapp030"}
    assert not paused.public("RAHASIA")


def test_a_post_that_expired_goes_out_by_its_new_date(paused: Day) -> None:
    """Finding 8."""
    office = paused.office
    office.post("rapat", "Rapat pindah.", due=1, expires=moment(2))
    wait_until(lambda: "expired" in office.states("--all").get(("rapat", "x"), {}), within=30 * SECOND)
    office.post("rapat", "Rapat pindah.", due=1, expires=moment(3600))
    office.run("resume")
    paused.until_public("Rapat pindah", x=1)


def moment(seconds: int) -> str:
    """Return the time in so many seconds, as a file says it."""
    return f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S} +00:00"


def test_a_thread_with_a_refused_part_is_mended_and_stops_nothing(day: Day) -> None:
    """Finding 4: the mended text has fewer parts, and the next post goes out."""
    office = day.office
    office.sandbox.fault(
        fault="status", channel="x", method="POST", path=r"/2/tweets$", status=400, skip=1, body=REFUSED
    )
    cut = "\n<!-- part -->\n"
    office.post("utas", f"Utas satu.{cut}Utas dua.{cut}Utas tiga.", due=1)
    wait_until(lambda: "failed" in office.states("--all").get(("utas", "x"), {}), within=30 * SECOND)
    day.edit("utas", f"{cut}Utas dua.{cut}Utas tiga.", "")
    office.post("berikut", "Sesudah utas.", due=0)
    day.until_public("Sesudah utas", x=1)
    assert day.public("Utas") == {"x": 1}
    counts = office.states("--all")["utas", "x"]
    assert counts == {"published": 1, "cancelled": 2}


def test_words_are_said_three_times_where_each_file_says_so(day: Day) -> None:
    """Finding 9: the third repeats the second, and the first is no error because of them."""
    more = {"channels": "[whatsapp]", "audiences": "[warga]", "title": "Jadwal"}
    for number, name in enumerate(("jadwal-1", "jadwal-2", "jadwal-3")):
        repeats = {"repeats": f"jadwal-{number}"} if number else {}
        day.office.post(name, "Jadwal imunisasi.", due=number, **more, **repeats)
        day.until_public("Jadwal imunisasi", whatsapp=2 * (number + 1))
    day.office.run("check")


def test_a_conflict_copy_and_a_renamed_post_are_not_sent(day: Day) -> None:
    """Cases 24 and 26."""
    office = day.office
    text = office.post("warta", "Warta pagi.", due=0).read_text("utf-8")
    day.until_public("Warta pagi", x=1)
    office.write("warta.sync-conflict-20261129-101010-ABCDEFG.md", text.replace("pagi", "siang"))
    day.schedule.line(lambda line: "sync-conflict" in line)
    (office.folder / "posts" / "warta.md").unlink()
    office.write("warta-baru.md", text.replace("id: warta\n", "").replace("Warta pagi.", "Warta pagi!"))
    day.schedule.line(lambda line: "warta-baru" in line)
    blocked = office.run("check", exit_code=3).out
    assert "already-published" in blocked
    assert "conflict-copy" in blocked
    office.post("akhir", "Sesudah warta.", due=0)
    day.until_public("Sesudah warta", x=1)
    assert day.public("Warta") == {"x": 1}
