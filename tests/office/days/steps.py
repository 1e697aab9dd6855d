"""The random steps of a day: what a person does to files, lists and config, and what else happens."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

from humaspost.app import cancellation, verbs
from humaspost.sandbox.server import Sandbox
from tests.office.days.office import LISTS, X_NAMES, DayOffice
from tests.office.days.rules import Shown, Wish, read_wish


class RandomDay(DayOffice):
    """An office and what a person does to it; ``history`` is all of that in words."""

    def __init__(self, folder: Path, sandbox: Sandbox, seed: int) -> None:
        super().__init__(folder, sandbox, seed)
        self.history: list[str] = []
        self.habit: Iterator[str] = iter(())
        self.focus = 0.7

    def act(self) -> None:
        """Do one random thing, or what a person has begun."""
        if self.random.random() < self.focus and (done := next(self.habit, None)) is not None:
            self.note(done)
            return
        action = self.random.choice(ACTIONS)
        self.note(f"{action.__name__}: {action(self)}")

    def note(self, text: str) -> None:
        """Write down what happened."""
        self.history.append(f"{self.now():%d %H:%M} {text}")

    # -- posts ------------------------------------------------------------------------------------------

    def _pick(self) -> Path | None:
        paths = sorted((self.folder / "posts").glob("*.md"))
        return self.random.choice(paths) if paths else None

    def _pick_wish(self) -> Wish | None:
        path = self._pick()
        wish = read_wish(path) if path else None
        return wish if wish in self.world.wishes() else None

    def moment(self, minutes: int) -> str:
        """Return the time in so many minutes, as a file says it."""
        return f"{self.now() + timedelta(minutes=minutes):%Y-%m-%d %H:%M:%S} +00:00"

    def _in(self, *minutes: int) -> str:
        return self.moment(self.random.choice(minutes))

    def _set_date(self, keys: dict[str, str]) -> None:
        keys["date"] = self._in(-180, -30, 0, 0, 5, 5, 30, 90, 600)
        if "expires" in keys:
            keys["expires"] = self._in(10, 60, 700)

    def _channels(self) -> str:
        return self.random.choice(("[x]", "[whatsapp]", "[x, whatsapp]", "[x, whatsapp]"))

    def _audiences(self) -> str:
        return self.random.choice(("[warga]", "[wartawan]", "[warga, wartawan]"))

    def body(self, serial: int, parts: int) -> str:
        """Return new words of a post, in so many parts."""
        self.version += 1
        words = f"Kabar kata-{serial}-{self.version}"
        more = [f"<!-- part -->\n{words} bagian-{part} untuk warga." for part in range(2, parts + 1)]
        return "\n".join([f"{words} untuk warga.", *more])

    def save_post(self, path: Path, keys: dict[str, str], body: str) -> None:
        """Save the file of a post."""
        lines = [f"{key}: {value}" for key, value in keys.items()]
        self.save(path, "\n".join(["---", *lines, "---", body, ""]))

    def write_post(self) -> str:
        """Write a new post; some are threads, some have an end."""
        self.serial += 1
        name = f"p{self.serial}"
        keys = {"title": f"Judul {self.serial}", "channels": self._channels(), "audiences": self._audiences()}
        is_thread = self.random.random() < 0.25
        if is_thread:
            keys["channels"] = "[x]"
        if self.random.random() < 0.25:
            keys["expires"] = ""
        self._set_date(keys)
        if self.random.random() < 0.7:
            keys["id"] = name
        if self.random.random() < 0.2:
            keys["late"] = "publish" if "expires" in keys and self.random.random() < 0.5 else "skip"
        parts = self.random.choice((2, 3)) if is_thread else 1
        self.save_post(self.folder / "posts" / f"{name}.md", keys, self.body(self.serial, parts))
        return f"{name} {keys} in {parts}"

    def edit_post(self) -> str:
        """Change one key of a post, its words, or break it, or mend it."""
        path = self._pick()
        if path is None:
            return ""
        keys, body = read_front(path)
        wish = read_wish(path)
        parts = 1 + body.count("<!-- part -->")
        key = self.random.choice(
            (
                "date",
                "date",
                "channels",
                "channels",
                "audiences",
                "words",
                "words",
                "draft",
                "broken",
                "expires",
            )
        )
        match key:
            case "date":
                self._set_date(keys)
            case "expires" if "expires" in keys:
                keys["expires"] = self._in(10, 60, 700)
            case "channels" if parts == 1:
                keys["channels"] = self._channels()
            case "audiences":
                keys["audiences"] = self._audiences()
            case "draft" | "broken":
                name, value = ("draft", "true") if key == "draft" else ("oops", "1")
                if keys.pop(name, None) is None:
                    keys[name] = value
        if key == "words" or (wish is None and self.random.random() < 0.5):
            serial = int(body.split("kata-")[1].split("-")[0])
            parts = self.random.choice((1, 2, 3, 4)) if parts > 1 else 1
            body = self.body(serial, parts)
        self.save_post(path, keys, body)
        return f"{path.name} {key} {keys} in {parts}"

    def copy_post(self) -> str:
        """Copy a post as a person, or a sync client, does."""
        path = self._pick()
        if path is None:
            return ""
        name = self.random.choice(
            ("{0}-baru.md", "{0} (1).md", "{0}.sync-conflict-20261129-101010-ABCDEFG.md", "a{0}.md")
        )
        target = path.with_name(name.format(path.stem))
        self.save(target, path.read_text("utf-8"))
        return f"{path.name} -> {target.name}"

    def repeat_post(self) -> str:
        """Say the words of a post again in a new one, as ``repeats:`` allows."""
        wish = self._pick_wish()
        if wish is None:
            return ""
        return self.repeat(self.folder / "posts" / wish.file, self._in(-30, 0, 0, 5, 90))

    def repeat(self, path: Path, date: str) -> str:
        """Say the words of that file again."""
        keys, body = read_front(path)
        self.version += 1
        name = f"u{self.version}"
        # The template shows the title: other words would be no repeat.
        keys |= {"repeats": keys.get("id", path.stem), "id": name, "date": date}
        keys.pop("expires", None)
        keys.pop("late", None)
        self.save_post(self.folder / "posts" / f"{name}.md", keys, body)
        return f"{path.name} by {name} {keys}"

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
            self.save(self.folder / "posts" / name, text)
            return f"brought back {name}"
        path = self._pick()
        if path is None:
            return ""
        self.trash[path.name] = path.read_text("utf-8")
        path.unlink()
        return path.name

    # -- lists and config -------------------------------------------------------------------------------

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
        self.write_list(name, empty=kind == "emptied")
        return f"{name} {kind} {phone[-3:]}"

    def change_config(self) -> str:
        """Take the account of X out of the config, or put it back."""
        path = self.folder / "config.toml"
        text = path.read_text("utf-8")
        if self.removed:
            self.save(path, text.replace("[accounts.whatsapp]\n", f"{self.removed}[accounts.whatsapp]\n"))
            self.removed = ""
            return "back"
        start, end = text.index(f"[accounts.{self.x_name}]"), text.index("[accounts.whatsapp]\n")
        self.removed = text[start:end]
        self.save(path, text[:start] + text[end:])
        return "out"

    def rename_account(self, *, is_looked_at: bool = False) -> str:
        """Give the account of X another name in the config, and then in the ledger; maybe after a look."""
        if self.removed:
            return ""
        path = self.folder / "config.toml"
        old, new = self.x_name, next(name for name in X_NAMES if name != self.x_name)
        self.save(path, path.read_text("utf-8").replace(f"[accounts.{old}]", f"[accounts.{new}]"))
        if is_looked_at or self.random.random() < 0.7:
            self.look_before_rename()
        was_running = self.sender is not None
        self.stop_sender()
        office = self.open()
        try:
            verbs.rename_account(office, old, new)
        finally:
            office.close()
        self.x_name = new
        if was_running:
            self.start_sender()
        return f"{old} -> {new}"

    # -- decisions --------------------------------------------------------------------------------------

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
        return self.cancel(wish.id)

    def cancel(self, post: str) -> str:
        """Cancel that post."""
        self.world.look_at_posts(self.now())
        office = self.open()
        cancellation.cancel(office, post)
        office.close()
        self.world.cancelled.add(post)
        self.world.published.pop(post, None)
        return post

    def publish_post(self) -> str:
        """Publish a post at once, also a cancelled one."""
        wish = self._pick_wish()
        if wish is None:
            return ""
        self.world.look(self.now())
        self.world.publish(wish.id)
        self.world.cancelled.discard(wish.id)

        def send() -> list[Shown]:
            self.publish(wish.id)
            return self.read_new()

        new = self.judge_new(send)
        return f"{wish.id} {[str(one) for one in new]}"

    # -- the clock, the sender and the platforms --------------------------------------------------------

    def pass_time(self) -> str:
        """Let time pass."""
        self.shift += timedelta(minutes=self.random.choice((1, 5, 7, 31, 31, 62, 203)))
        return ""

    def advance(self, minutes: int) -> str:
        """Let so much time pass."""
        self.shift += timedelta(minutes=minutes)
        return f"{minutes} minutes pass"

    def step_clock(self) -> str:
        """Set the clock forward by hours, or back."""
        minutes = self.random.choice((-1, -20, -90, -200, 400, 1500))
        if self.shift + timedelta(minutes=minutes) < timedelta(hours=-6):
            return ""
        self.shift += timedelta(minutes=minutes)
        return f"{minutes} minutes"

    def restart(self) -> str:
        """Start ``schedule``, or end it: cron sends from then on."""
        if self.sender is None:
            self.start_sender()
            return "schedule runs"
        self.stop_sender()
        return "cron runs"

    def refuse_some(self) -> str:
        """Let a platform refuse some of what comes next."""
        channel = self.random.choice(("x", "whatsapp"))
        skip, count = self.random.choice((0, 1, 2)), self.random.choice((1, 1, 4))
        self.refuse(channel, skip=skip, count=count)
        return f"{channel} refuses {count} after {skip}"


def read_front(path: Path) -> tuple[dict[str, str], str]:
    """Return the keys and the body of a post that these steps wrote."""
    _empty, front, body = path.read_text("utf-8").split("---\n", 2)
    return dict(line.split(": ", 1) for line in front.splitlines()), body.strip("\n")


ACTIONS: tuple[Callable[[RandomDay], str], ...] = (
    *(RandomDay.write_post,) * 4,
    *(RandomDay.edit_post,) * 7,
    RandomDay.copy_post,
    RandomDay.repeat_post,
    RandomDay.rename_post,
    RandomDay.delete_post,
    *(RandomDay.change_list,) * 4,
    RandomDay.change_config,
    RandomDay.rename_account,
    RandomDay.pause,
    *(RandomDay.cancel_post,) * 2,
    *(RandomDay.publish_post,) * 2,
    *(RandomDay.pass_time,) * 6,
    RandomDay.step_clock,
    RandomDay.restart,
    *(RandomDay.refuse_some,) * 2,
)
