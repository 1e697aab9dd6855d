"""An office in this process whose files, lists, config and clock a random day changes."""

import json
import os
import random
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from humaspost.app import cancellation, verbs
from humaspost.app.audiences import import_changed
from humaspost.app.office import Office
from humaspost.app.scan import scan_folder
from humaspost.model.delivery import State
from humaspost.reports.forecasts.plan_outlook import plan_outlook
from humaspost.reports.status import status_report
from humaspost.sandbox.server import Sandbox
from humaspost.settings.load import load_settings
from tests.office.days.rules import Shown, Wish, World, judge, read_objects, read_wish
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
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class RandomDay:
    """One office, and what a person does to it; ``history`` is all of that in words."""

    def __init__(self, folder: Path, sandbox: Sandbox, seed: int) -> None:
        self.random, self.sandbox = random.Random(seed), sandbox
        self.folder, self.world = folder, World(folder)
        self.history: list[str] = []
        self.serial = self.version = 0
        self.started = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
        self.shift, self.born = timedelta(), time.monotonic()
        self.rows = {name: {f"+628120000{i}{n:03}": "" for n in range(6)} for i, name in enumerate(LISTS)}
        self.shown: list[Shown] = []
        self.progress: dict[tuple[str, str], datetime] = {}
        self.trash: dict[str, str] = {}
        self.wrong: list[str] = []
        self._write_office()

    # -- the clock and the office -----------------------------------------------------------------------

    def now(self) -> datetime:
        """Return the office's time: it goes on, and ``pass_time`` moves it."""
        return self.started + self.shift + timedelta(seconds=time.monotonic() - self.born)

    def open(self) -> Office:
        """Open the office anew, as each command does."""
        return Office(load_settings(self.folder / "config.toml"), now=self.now, environ={})

    def _write_office(self) -> None:
        for name in ("posts", "audiences"):
            (self.folder / name).mkdir(parents=True)
        accounts = self.sandbox.config()["accounts"]
        (self.folder / "config.toml").write_text(CONFIG.format(**accounts), "utf-8")
        secrets = {
            "x": ("api_key", "api_key_secret", "access_token", "access_token_secret"),
            "whatsapp": ("access_token", "app_secret"),
        }
        lines = []
        for account, fields in secrets.items():
            lines += [
                f"[{account}]",
                *(f"{field} = {json.dumps(accounts[account][field])}" for field in fields),
            ]
        credentials = self.folder / "credentials.toml"
        credentials.touch(mode=0o600)
        credentials.write_text("\n".join(lines) + "\n", "utf-8")
        for name in LISTS:
            self._write_list(name)

    # -- what a person does -----------------------------------------------------------------------------

    def act(self) -> None:
        """Do one random thing."""
        action = self.random.choice(ACTIONS)
        done = action(self)
        if done:
            self.history.append(f"{self.now():%d %H:%M} {action.__name__}: {done}")

    def _save(self, path: Path, text: str) -> None:
        beside = path.with_name(f".{path.name}.tmp")
        beside.write_text(text, "utf-8")
        os.utime(beside, (time.time() - 10,) * 2)
        beside.replace(path)

    def _pick(self) -> Path | None:
        paths = sorted((self.folder / "posts").glob("*.md"))
        return self.random.choice(paths) if paths else None

    def _date(self) -> str:
        minutes = self.random.choice((-180, -30, 0, 0, 5, 5, 30, 90, 600))
        return f"{self.now() + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S} +00:00"

    def _channels(self) -> str:
        return self.random.choice(("[x]", "[whatsapp]", "[x, whatsapp]", "[x, whatsapp]"))

    def _audiences(self) -> str:
        return self.random.choice(("[warga]", "[wartawan]", "[warga, wartawan]"))

    def write_post(self) -> str:
        """Write a new post."""
        self.serial += 1
        name = f"p{self.serial}"
        keys = {
            "title": f"Judul {self.serial}",
            "date": self._date(),
            "channels": self._channels(),
            "audiences": self._audiences(),
        }
        if self.random.random() < 0.7:
            keys["id"] = name
        if self.random.random() < 0.2:
            keys["late"] = "skip"
        self._save(self.folder / "posts" / f"{name}.md", self._text(keys, self.serial))
        return f"{name} {keys}"

    def _text(self, keys: dict[str, str], serial: int) -> str:
        self.version += 1
        lines = [f"{key}: {value}" for key, value in keys.items()]
        return "\n".join(["---", *lines, "---", f"Kabar kata-{serial}-{self.version} untuk warga.", ""])

    def edit_post(self) -> str:
        """Change one key of a post, its words, or break it, or mend it."""
        path = self._pick()
        if path is None:
            return ""
        _empty, front, body = path.read_text("utf-8").split("---\n", 2)
        keys = dict(line.split(": ", 1) for line in front.splitlines())
        wish = read_wish(path)
        serial = int(body.split("kata-")[1].split("-")[0])
        key = self.random.choice(
            ("date", "date", "channels", "channels", "audiences", "words", "draft", "broken")
        )
        match key:
            case "date":
                keys["date"] = self._date()
            case "channels":
                keys["channels"] = self._channels()
            case "audiences":
                keys["audiences"] = self._audiences()
            case "draft" | "broken":
                name, value = ("draft", "true") if key == "draft" else ("oops", "1")
                if keys.pop(name, None) is None:
                    keys[name] = value
        text = "\n".join(["---", *(f"{k}: {v}" for k, v in keys.items()), f"---\n{body}"])
        if key == "words" or (wish is None and self.random.random() < 0.5):
            text = self._text(keys, serial)
        self._save(path, text)
        return f"{path.name} {key} {keys}"

    def copy_post(self) -> str:
        """Copy a post as a person, or a sync client, does; sometimes with other words."""
        path = self._pick()
        if path is None:
            return ""
        name = self.random.choice(
            ("{0}-baru.md", "{0} (1).md", "{0}.sync-conflict-20261129-101010-ABCDEFG.md", "a{0}.md")
        )
        target = path.with_name(name.format(path.stem))
        self._save(target, path.read_text("utf-8"))
        return f"{path.name} -> {target.name}"

    def rename_post(self) -> str:
        """Give a post's file another name."""
        path = self._pick()
        if path is None:
            return ""
        self.version += 1
        target = path.with_name(f"r{self.version}-{path.name[-12:]}")
        path.rename(target)
        return f"{path.name} -> {target.name}"

    def delete_post(self) -> str:
        """Delete a post's file, or bring one back."""
        if self.trash and self.random.random() < 0.5:
            name, text = self.trash.popitem()
            self._save(self.folder / "posts" / name, text)
            return f"brought back {name}"
        path = self._pick()
        if path is None:
            return ""
        self.trash[path.name] = path.read_text("utf-8")
        path.unlink()
        return path.name

    def change_list(self) -> str:
        """Change one row of a list, or spoil the file."""
        name = self.random.choice(LISTS)
        rows = self.rows[name]
        phone = self.random.choice(sorted(rows))
        kind = self.random.choice(
            ("new", "gone", "stop", "withdrawn", "spoilt", "mended", "emptied", "all-spoilt")
        )
        match kind:
            case "new":
                self.version += 1
                rows[f"+6281277{self.version:06}"] = ""
            case "gone" if len(rows) > 2:
                del rows[phone]
            case "stop" | "withdrawn" | "spoilt":
                rows[phone] = kind
            case "mended":
                rows.update({p: "" for p, what in rows.items() if what in ("spoilt", "withdrawn")})
            case "all-spoilt":
                rows.update({p: "spoilt" for p, what in rows.items() if what == ""})
        self._write_list(name, empty=kind == "emptied")
        return f"{name} {kind} {phone[-3:]}"

    def _write_list(self, name: str, *, empty: bool = False) -> None:
        separator = self.random.choice((",", ";"))
        lines = [HEADER.replace(",", separator)]
        for phone, what in {} if empty else self.rows[name].items():
            basis = "" if what == "withdrawn" else "consent"
            given = "" if what == "withdrawn" else "???" if what == "spoilt" else "2021-01-01"
            stop = "2026-01-01" if what == "stop" else ""
            cells = [
                phone,
                "Nama",
                basis,
                "informasi" if basis else "",
                "formulir" if basis else "",
                given,
                stop,
            ]
            lines.append(separator.join(cells))
        self._save(self.folder / "audiences" / f"{name}.csv", "\n".join(lines) + "\n")

    def change_config(self) -> str:
        """Take the account x out of the config, or put it back."""
        path = self.folder / "config.toml"
        text = path.read_text("utf-8")
        there = "[accounts.x]\n" in text
        lines = text.splitlines(keepends=True)
        if there:
            start = lines.index("[accounts.x]\n")
            self.removed = lines[start : start + 5]
            del lines[start : start + 5]
        else:
            lines[4:4] = self.removed
        self._save(path, "".join(lines))
        return "out" if there else "back"

    def pause(self) -> str:
        """Pause all sending, or resume."""
        office = self.open()
        office.ledger(write=True)
        if self.world.paused:
            verbs.resume(office)
        else:
            verbs.pause(office, "uji")
        self.world.paused = not self.world.paused
        office.close()
        return str(self.world.paused)

    def cancel_post(self) -> str:
        """Cancel a post."""
        wish = self._pick_wish()
        if wish is None:
            return ""
        self.world.look_at_posts()
        office = self.open()
        cancellation.cancel(office, wish.id)
        office.close()
        self.world.cancelled.add(wish.id)
        self.world.published.pop(wish.id, None)
        return wish.id

    def publish_post(self) -> str:
        """Publish a post at once, also a cancelled one."""
        wish = self._pick_wish()
        if wish is None:
            return ""
        self.world.look()
        self.world.publish(wish.id)
        self.world.cancelled.discard(wish.id)
        office, before = self.open(), list(self.shown)
        try:
            verbs.publish(office, wish.id, deadline=20.0)
        finally:
            office.close()
        new = self._read_new()
        self.wrong += judge(self.world, new, before, now=self.now(), progress=self.progress)
        self.note_progress(new)
        return f"{wish.id} {[(one.account, one.marker, one.to[-3:]) for one in new]}"

    def _pick_wish(self) -> Wish | None:
        path = self._pick()
        wish = read_wish(path) if path else None
        return wish if wish in self.world.wishes() else None

    def pass_time(self) -> str:
        """Let time pass."""
        self.shift += timedelta(minutes=self.random.choice((1, 5, 7, 31, 31, 62, 203)))
        return ""

    # -- what the office does ---------------------------------------------------------------------------

    def predict(self) -> dict[tuple[str, str], int]:
        """Return how many of each post's words ``plan`` says would go out at this moment, by (account, marker)."""
        office = self.open()
        import_changed(office)
        outlook = plan_outlook(office, scan_folder(office, for_sending=True))
        due = [one for one in outlook.upcoming if one.due <= self.now() and not one.hold_reason]
        office.close()
        result: dict[tuple[str, str], int] = {}
        for one in due:
            text = json.dumps(one.row.rendition.to_json())
            marker = "kata-" + text.split("kata-")[1].split(" ")[0]
            result[one.row.account.name, marker] = one.remaining
        return result

    def told(self) -> set[tuple[str, str]]:
        """Return what ``status`` says is not simply waiting or out: (post, account), and (file, "")."""
        office = self.open()
        report = status_report(office)
        office.close()
        waiting = {State.SCHEDULED, State.PUBLISHED}
        posts = {(one.id, one.account) for one in report.posts if set(+one.counts) - waiting or one.hold}
        return posts | {(Path(one.file).name, "") for one in report.blocked_files}

    def run(self) -> list[Shown]:
        """Send what is due, once, and return what became public."""
        office = self.open()
        try:
            verbs.run_due(office, patience=timedelta(seconds=0.5))
        finally:
            office.close()
        return self._read_new()

    def _read_new(self) -> list[Shown]:
        """Return what became public since the last look, and note when."""
        with _OPENER.open(f"{self.sandbox.url}/_sandbox/objects", timeout=10 * SECOND) as answer:
            shown = read_objects(json.load(answer)["objects"])
        new = shown[len(self.shown) :]
        self.shown = shown
        return new

    def note_progress(self, new: list[Shown]) -> None:
        """Note when something of these posts was last written."""
        self.progress |= {(one.marker.split("-")[1], one.account): self.now() for one in new}


ACTIONS: tuple[Callable[[RandomDay], str], ...] = (
    *(RandomDay.write_post,) * 4,
    *(RandomDay.edit_post,) * 6,
    RandomDay.copy_post,
    RandomDay.rename_post,
    RandomDay.delete_post,
    *(RandomDay.change_list,) * 4,
    RandomDay.change_config,
    RandomDay.pause,
    *(RandomDay.cancel_post,) * 2,
    *(RandomDay.publish_post,) * 2,
    *(RandomDay.pass_time,) * 6,
)
