"""An office in this process whose files, lists, config and clock a random day changes."""

import json
import os
import random
import re
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from humaspost.app import verbs
from humaspost.app.audiences import import_changed
from humaspost.app.folder.scan import scan_folder
from humaspost.app.office import Office
from humaspost.ledger.accounts import AccountRenamed
from humaspost.reports.forecasts.plan_outlook import plan_outlook
from humaspost.reports.status import status_report
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from humaspost.settings.load import load_settings
from tests.office.days.rules import Shown, Told, World, judge, read_objects
from tests.office.days.sender import Sender
from tests.support.deadlines import SECOND

HEADER = "phone,name,basis,purpose,source,consented_at,opted_out_at"
LISTS = ("warga", "wartawan")
CONFIG = """
timezone = "Asia/Jakarta"
language = "en"

[accounts.x]
channel = "x"
handle = "{x[handle]}"
base_url = "{x[base_url]}"

[accounts.whatsapp]
channel = "whatsapp"
phone_number_id = "{whatsapp[phone_number_id]}"
business_account_id = "{whatsapp[business_account_id]}"
base_url = "{whatsapp[base_url]}"

[accounts.whatsapp.templates]
language = "id"
text = {{name = "pengumuman", params = ["{{title}}", "{{text}}", "{{link}}"]}}

[audiences.warga]
file = "audiences/warga.csv"
[audiences.wartawan]
file = "audiences/wartawan.csv"

[policy]
settle = "0s"
"""
#: The account of X has one of these names; the secrets stand under both.
X_NAMES = ("x", "kota")
SECRETS = {
    "x": ("api_key", "api_key_secret", "access_token", "access_token_secret"),
    "whatsapp": ("access_token", "app_secret"),
}
#: What each platform answers to what it refuses for good, at these addresses.
REFUSALS = {
    "x": (
        r"/2/tweets$",
        {"title": "Invalid Request", "type": "https://api.x.com/2/problems/invalid-request"},
    ),
    "whatsapp": (r"/messages$", {"error": {"code": 131026, "message": "Message undeliverable"}}),
}
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class DayOffice:
    """One office: its files, its clock, who sends from it, and what the public sees."""

    def __init__(self, folder: Path, sandbox: Sandbox, seed: int) -> None:
        self.random, self.sandbox = random.Random(seed), sandbox
        self.folder, self.world = folder, World(folder)
        self.serial = self.version = 0
        # Far enough ahead that no step back of the clock makes a saved file one of the future.
        self.started = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=12)
        self.shift, self.born = timedelta(), time.monotonic()
        self.sender: Sender | None = None
        self.sender_shift = self.shift
        self.rows = {name: {f"+628120000{i}{n:03}": "" for n in range(6)} for i, name in enumerate(LISTS)}
        self.shown: list[Shown] = []
        self.progress: dict[tuple[str, str], datetime] = {}
        self.trash: dict[str, str] = {}
        self.refusals = self.looked = 0
        self.x_name, self.removed = X_NAMES[0], ""
        self.wrong: list[str] = []
        self._write_office()

    # -- the clock, and who looks at it -----------------------------------------------------------------

    def now(self) -> datetime:
        """Return the office's time: it goes on, and steps of the clock move it."""
        return self.started + self.shift + timedelta(seconds=time.monotonic() - self.born)

    def _sender_now(self) -> datetime:
        """Return the time of the running sender: its clock steps when it looks, so nothing is sent between looks."""
        return self.now() - self.shift + self.sender_shift

    def open(self) -> Office:
        """Open the office anew, as each command does."""
        return Office(load_settings(self.folder / "config.toml"), now=self.now, environ={})

    def start_sender(self) -> None:
        """Let ``schedule`` run from now on, where it can start."""
        self.sender_shift = self.shift
        settings = load_settings(self.folder / "config.toml")
        self.sender = Sender(Office(settings, now=self._sender_now, environ={}))

    def stop_sender(self) -> None:
        """End ``schedule``, where it runs."""
        if self.sender is not None:
            sender, self.sender = self.sender, None
            sender.stop()

    # -- files ------------------------------------------------------------------------------------------

    def save(self, path: Path, text: str) -> None:
        """Save a file in one step, long enough ago to be settled."""
        beside = path.with_name(f".{path.name}.tmp")
        beside.touch(mode=0o600)
        beside.write_text(text, "utf-8")
        os.utime(beside, (time.time() - 10,) * 2)
        beside.replace(path)

    def write_list(self, name: str, *, empty: bool = False) -> None:
        """Save a list as its rows are now."""
        separator = self.random.choice((",", ";"))
        lines = [HEADER.replace(",", separator)]
        for phone, what in {} if empty else self.rows[name].items():
            basis = "" if what == "withdrawn" else "consent"
            given = "" if what == "withdrawn" else "???" if what == "spoilt" else "2021-01-01"
            stop = "2026-01-01" if what == "stop" else ""
            given_for, source = ("informasi", "formulir") if basis else ("", "")
            lines.append(separator.join((phone, "Nama", basis, given_for, source, given, stop)))
        self.save(self.folder / "audiences" / f"{name}.csv", "\n".join(lines) + "\n")

    def _write_office(self) -> None:
        for name in ("posts", "audiences"):
            (self.folder / name).mkdir(parents=True)
        accounts = self.sandbox.config()["accounts"]
        (self.folder / "config.toml").write_text(CONFIG.format(**accounts), "utf-8")
        lines = []
        for name, channel in (*((name, "x") for name in X_NAMES), ("whatsapp", "whatsapp")):
            lines.append(f"[{name}]")
            lines += [f"{field} = {json.dumps(accounts[channel][field])}" for field in SECRETS[channel]]
        self.save(self.folder / "credentials.toml", "\n".join(lines) + "\n")
        for name in LISTS:
            self.write_list(name)

    # -- what the office does ---------------------------------------------------------------------------

    def predict(self) -> Counter[tuple[str, str]]:
        """Return how many of each post's words ``plan`` says would go out at this moment, by (channel, marker)."""
        office = self.open()
        try:
            import_changed(office)
            outlook = plan_outlook(office, scan_folder(office, for_sending=True))
        finally:
            office.close()
        result: Counter[tuple[str, str]] = Counter()
        for one in outlook.upcoming:
            # The parts of a thread wait for each other: none for anything else while its first one is to come.
            is_whole = one.hold_reason.startswith("part ") and one.remaining == len(one.row.rendition.parts)
            if one.due <= self.now() and (is_whole or not one.hold_reason):
                marker = re.search(r"kata-\d+-\d+", json.dumps(one.row.rendition.to_json()))
                assert marker
                result[one.row.account.channel, marker[0]] += one.remaining
        return result

    def told(self) -> Told:
        """Return what ``status`` says of each post and file."""
        office = self.open()
        try:
            report = status_report(office)
        finally:
            office.close()
        held = {(one.id, one.channel) for one in report.posts if one.hold}
        states = {(one.id, one.channel): frozenset(str(s) for s in +one.counts) for one in report.posts}
        files = frozenset(Path(one.file).name for one in report.blocked_files)
        return Told(states, frozenset(held), files)

    def run(self) -> list[Shown]:
        """Send what is due: by the running ``schedule``, or once as cron does; return what became public."""
        if self.sender is not None:
            self.sender_shift = self.shift
            self.sender.turn()
            return self.read_new()
        office = self.open()
        try:
            verbs.run_due(office, patience=timedelta(seconds=0.5))
        finally:
            office.close()
        return self.read_new()

    def publish(self, post: str) -> None:
        """Publish a post at once; a running ``schedule`` sends it."""
        office = self.open()
        try:
            if self.sender is None:
                verbs.publish(office, post, deadline=20.0)
            else:
                self.sender_shift = self.shift
                with self.sender.freely():
                    verbs.publish(office, post, deadline=2.0)
        finally:
            office.close()

    def look(self) -> list[Shown]:
        """Look at all files, send, and judge what became public."""
        self.world.look(self.now())
        return self.judge_new(self.run)

    def look_before_rename(self) -> None:
        """Look while an account has another name in the config than in the ledger."""
        self.world.look(self.now())
        try:
            self.judge_new(self.run)
        except AccountRenamed:
            self.judge_new(self.read_new)

    def judge_new(self, send: Callable[[], list[Shown]]) -> list[Shown]:
        """Send, and judge what became public by that."""
        before = list(self.shown)
        new = send()
        self.wrong += judge(self.world, new, before, now=self.now(), progress=self.progress)
        self.progress |= {(one.serial, one.channel): self.now() for one in new}
        return new

    def read_new(self) -> list[Shown]:
        """Return what became public since the last look."""
        with _OPENER.open(f"{self.sandbox.url}/_sandbox/objects", timeout=10 * SECOND) as answer:
            shown = read_objects(json.load(answer)["objects"])
        new = shown[len(self.shown) :]
        self.shown = shown
        return new

    def take_recent(self) -> list[Shown]:
        """Return what became public since this was last asked."""
        recent, self.looked = self.shown[self.looked :], len(self.shown)
        return recent

    def refuse(self, channel: str, *, skip: int, count: int) -> None:
        """Let the platform refuse for good some of what comes next."""
        path, body = REFUSALS[channel]
        self.refusals += count
        self.sandbox.faults.add(
            Fault(
                channel=channel,
                method="POST",
                path=path,
                fault="status",
                status=400,
                body=body,
                skip=skip,
                count=count,
            )
        )

    def count_refused(self) -> int:
        """Return how many of the ordered refusals came to be, and forget the others."""
        left = sum(fault["left"] for fault in self.sandbox.faults.active_faults())
        self.sandbox.faults.clear()
        ordered, self.refusals = self.refusals, 0
        return ordered - left
