"""A pretend world in its own process, offices that point at it, and the real program to be killed."""

import hashlib
import json
import signal
import time
import urllib.request
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from PIL import Image

from humaspost.sandbox.office import write_office
from tests.crash.checker import CheckReport, ExpectedPost, check_offices, find_corruption, leaks, marker_of
from tests.crash.processes import ProgramProcess
from tests.support.deadlines import SECOND
from tests.support.program import Process
from tests.support.reference_data import ROOT
from tests.support.video_files import video_file
from tests.support.whatsapp_templates import VIDEO_TEMPLATE, register

_LETTERS = str.maketrans("0123456789", "ghijklmnop")
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class SandboxProcess:
    """``humaspost sandbox`` within ``with``."""

    def __enter__(self) -> "SandboxProcess":
        self._process = Process("sandbox", "--port", "0", "--json", cwd=ROOT)
        self.config: dict[str, Any] = json.loads(self._process.line())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.end(signal.SIGKILL)

    def control(self, what: str, body: Any = None, *, method: str | None = None) -> Any:
        """The answer of one control endpoint."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{self.config['url']}/_sandbox/{what}"
        request = urllib.request.Request(url, data=data, method=method, headers={"content-type": "text/json"})
        with _OPENER.open(request, timeout=60 * SECOND) as answer:
            return json.load(answer)

    def objects(self) -> list[dict[str, Any]]:
        """Everything public."""
        found: list[dict[str, Any]] = self.control("objects")["objects"]
        return found

    def requests(self) -> list[dict[str, Any]]:
        """Everything that was asked of the platforms, in order."""
        found: list[dict[str, Any]] = self.control("requests")["requests"]
        return found

    def raise_limits(self) -> None:
        """No platform limits how much a torture sends, nor of what kind."""
        none = dict.fromkeys(("post", "upload", "initialize", "append", "finalize", "metadata", "timeline"))
        self.control(
            "settings",
            {
                "whatsapp.rate": 1_000_000,
                "whatsapp.daily_recipients": 1_000_000,
                "x.limits": none,
                "instagram.quota_total": 10_000,
                "instagram.containers_total": 100_000,
                "instagram.processing_seconds": 0.05,
                "whatsapp.auto_approve": True,
            },
        )
        register(self.config["accounts"]["whatsapp"], VIDEO_TEMPLATE)


@dataclass
class Office:
    """A folder with config, posts and audiences; ``planned`` is what its posts must come to."""

    folder: Path
    sandbox: SandboxProcess
    people: Sequence[str] = ()
    lists: Mapping[str, Sequence[str]] = field(default_factory=dict)
    planned: list[ExpectedPost] = field(default_factory=list)
    start_up: float = 0.0

    def __post_init__(self) -> None:
        (self.folder / "posts" / "media").mkdir(parents=True)
        (self.folder / "audiences").mkdir()
        # A list without people would be held, and `run` would say so.
        for name, people in {"semua": self.people or phones(1), **self.lists}.items():
            (self.folder / "audiences" / f"{name}.csv").write_text(list_text(people))
        write_office(self.folder, self.sandbox.config)
        config = self.folder / "config.toml"
        text = config.read_text()
        for old, new in (
            ("rate = 80", "rate = 1000"),
            ("daily_recipients = 1000", "daily_recipients = 1000000"),
            ('settle = "1s"', 'settle = "0s"'),
        ):
            assert old in text
            text = text.replace(old, new)
        config.write_text(text)
        assert self.call("run", within=60 * SECOND) == 0, self.output()
        began = time.monotonic()
        assert self.call("run", within=60 * SECOND) == 0, self.output()
        self.start_up = time.monotonic() - began
        # Posts know seconds, and what was due before the ledger was made is never sent.
        time.sleep(1.0)

    @property
    def state(self) -> Path:
        """Where the ledger is."""
        return self.folder / ".humaspost"

    @property
    def secrets(self) -> list[str]:
        """What must stand in no output and in no file of the state folder."""
        lines = (self.folder / "credentials.toml").read_text().splitlines()
        return [line.split('"')[1] for line in lines if '"' in line]

    def make_image(self, name: str) -> str:
        """A small picture that every channel takes, unlike every other."""
        path = self.folder / "posts" / "media" / name
        shade = sum(map(ord, name)) % 256
        Image.new("RGB", (640, 640), (shade, 90, 255 - shade)).save(path, "JPEG")
        return f"media/{name}"

    def make_video(self, name: str) -> str:
        """A short film that every channel takes as it is, unlike every other."""
        path = self.folder / "posts" / "media" / name
        shade = sum(map(ord, name)) % 256
        ground = f"#{shade:02x}5a{255 - shade:02x}"
        path.write_bytes(video_file((360, 640), seconds=3, rate=25, audio="aac", first=True, ground=ground))
        return f"media/{name}"

    def write(
        self,
        post: str,
        account: str,
        *,
        parts: int = 1,
        pictures: int = 0,
        videos: int = 0,
        extra: str = "",
        due: datetime | None = None,
    ) -> ExpectedPost:
        """One post is in the folder, saved at once as a whole, due now unless said otherwise."""
        markers = tuple(f"hp{post.replace('-', '')}x{number}" for number in range(1, parts + 1))
        when = (due or datetime.now(UTC)).isoformat(timespec="seconds")
        to = ["audiences: [semua]"] if account == "whatsapp" else []
        files = [self.make_image(f"{post}-{number}.jpg") for number in range(pictures)]
        files += [self.make_video(f"{post}-{number}.mp4") for number in range(videos)]
        media = ["media:"] if files else []
        for file in files:
            media += [f"  - file: {file}", '    alt: "Gambar ujian."']
        head = [f"id: {post}", f'title: "Ujian {post}"', f"date: {when}", f"channels: [{account}]"]
        body = "\n<!-- part -->\n".join(f"Ujian {marker}: {distinct_words(marker)}." for marker in markers)
        text = "\n".join(["---", *head, *to, *media, *([extra] if extra else []), "---", body, ""])
        (self.folder / f"{post}.tmp").write_text(text)
        (self.folder / f"{post}.tmp").rename(self.folder / "posts" / f"{post}.md")
        one = ExpectedPost(post, account, markers, tuple(self.people) if account == "whatsapp" else ())
        self.planned.append(one)
        return one

    def start(self, *args: str, gated: bool = False) -> ProgramProcess:
        """``humaspost ARGS`` runs; ``gated`` = only once it is told to."""
        return ProgramProcess(args, folder=self.folder, log=self._log, gated=gated)

    def call(self, *args: str, within: float = 900 * SECOND) -> int:
        """``humaspost ARGS`` ran to its end; its exit code."""
        life = self.start(*args)
        code = life.wait(within)
        if code is None:
            life.kill()
            raise AssertionError(f"humaspost {' '.join(args)} hangs")
        return code

    @property
    def _log(self) -> Path:
        return self.folder / "output.log"

    def settle(self, *, tries: int = 20) -> dict[str, Any]:
        """What waits is sent and every doubt had its first look; the status after that."""
        for _ in range(tries):
            self.call("run")
            status = self.status()
            if not any(status["counts"].get(state) for state in ("scheduled", "preparing", "sending")):
                return status
        raise AssertionError(f"it never ends: {status['counts']}")

    def breaches(self, status: Mapping[str, Any]) -> CheckReport:
        """Every invariant that one look can judge, judged."""
        verdict = check_offices(self.planned, objects=self._own_objects(), status=status)
        return replace(verdict, breaches=(*verdict.breaches, *self.damage()))

    def damage(self) -> list[str]:
        """What is wrong with the ledger itself, and secrets that stand where they must not."""
        return [
            *find_corruption(self.state / "ledger.sqlite3"),
            *leaks(self.secrets, folders=[self.state], outputs=[self.output().encode()]),
        ]

    def accepted_unrecorded(self) -> int:
        """How many deliveries are in doubt here though everybody can see them."""
        return check_offices(
            self.planned, objects=self._own_objects(), status=self.status()
        ).accepted_unrecorded

    def _own_objects(self) -> list[dict[str, Any]]:
        """The public objects that bear a marker of this office, and those that bear none."""
        own = {marker for one in self.planned for marker in one.markers}
        return [item for item in self.sandbox.objects() if (marker_of(item) or "") in own | {""}]

    def status(self) -> dict[str, Any]:
        """``humaspost status --json --all``."""
        return self.answer("status", "--json", "--all")

    def answer(self, *args: str) -> dict[str, Any]:
        """The document that ``humaspost ARGS`` prints, which ends with 0."""
        code, text = self.try_call(*args)
        assert code == 0, self.output()[-2000:]
        found: dict[str, Any] = json.loads(text)
        return found

    def try_call(self, *args: str, within: float = 120 * SECOND) -> tuple[int | None, str]:
        """``humaspost ARGS`` ran to its end, or for so long; its exit code and what it printed."""
        answer = self.folder / "answer.json"
        answer.unlink(missing_ok=True)
        life = ProgramProcess(args, folder=self.folder, log=answer, errors=self._log)
        code = life.wait(within)
        life.kill()
        return code, answer.read_text()

    def output(self) -> str:
        """Every output so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""


def list_text(people: Iterable[str], *, stopped: Iterable[str] = ()) -> str:
    """The file of a list: who agreed, and who of them stopped."""
    lines = ["phone,name,basis,purpose,source,consented_at,opted_out_at"]
    lines += [f"{phone},Orang,consent,informasi,formulir,2021-01-01," for phone in people]
    lines += [f"{phone},Orang,consent,informasi,formulir,2021-01-01,stop" for phone in stopped]
    return "\n".join(lines) + "\n"


def distinct_words(marker: str) -> str:
    """Words that make a text unlike every other: a text that is nearly another's is taken for the same post."""
    digits = hashlib.sha256(marker.encode()).hexdigest().translate(_LETTERS)
    return " ".join(digits[start : start + 8] for start in range(0, 48, 8))


def phones(count: int) -> list[str]:
    """So many different Indonesian numbers."""
    return [f"+62812{10_000_000 + number}" for number in range(count)]
