"""An office folder in which the program is run, and the sandbox process that its accounts point at."""

import json
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.support.deadlines import SECOND
from tests.support.program import Completed, Process, expect, run
from tests.support.waiting import wait_until

#: No proxy stands between two processes of one computer.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_SECRETS = ("api_key", "api_key_secret", "access_token", "access_token_secret", "app_secret")


class SandboxProcess:
    """``humaspost sandbox``: ``config`` is the document that it printed, the rest is its control endpoint."""

    def __init__(self, *args: str, cwd: Path) -> None:
        self.process = Process("sandbox", "--port", "0", "--json", *args, cwd=cwd)
        self.config: dict[str, Any] = json.loads(self.process.line())
        self.url: str = self.config["url"]
        self.accounts: dict[str, dict[str, Any]] = self.config["accounts"]

    @property
    def secrets(self) -> set[str]:
        """The values that may appear nowhere."""
        return {str(a[field]) for a in self.accounts.values() for field in _SECRETS if field in a}

    def control(self, path: str, body: Any = None, *, method: str | None = None) -> Any:
        """Return the JSON of a control endpoint; POST where there is a body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{path}", data, method=method)
        with _OPENER.open(request, timeout=10 * SECOND) as response:
            return json.load(response)

    def fetch(self, path: str) -> bytes:
        """Return the bytes at a path of the sandbox."""
        with _OPENER.open(f"{self.url}{path}", timeout=10 * SECOND) as response:
            content: bytes = response.read()
        return content

    def objects(self, channel: str = "") -> list[dict[str, Any]]:
        """Return every public object so far, oldest first."""
        return [o for o in self.control("objects")["objects"] if channel in ("", o["channel"])]

    def requests(self) -> list[dict[str, Any]]:
        """Return every request that the platforms got, oldest first."""
        received: list[dict[str, Any]] = self.control("requests")["requests"]
        return received

    def fault(self, **order: Any) -> None:
        """Let the next fitting request go wrong."""
        self.control("faults", order)

    def wait_for_objects(
        self, count: int, channel: str = "", *, within: float = 30 * SECOND
    ) -> list[dict[str, Any]]:
        """Return the objects, once there are so many."""
        wait_until(lambda: len(self.objects(channel)) >= count, within=within)
        return self.objects(channel)

    def end(self) -> None:
        """Stop it; it ends with 0."""
        assert self.process.end() == 0


class Office:
    """A folder in which the program is run; ``transcript`` is all that it printed there."""

    def __init__(self, folder: Path, sandbox: SandboxProcess) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.transcript: list[str] = []
        self.running: list[Process] = []

    def run(self, *args: str, exit_code: int = 0, **more: Any) -> Completed:
        """Run the command to its end, which is with that code; ``more`` as of ``program.run``."""
        completed = run(*args, cwd=self.folder, **more)
        self.transcript += [completed.out, completed.err]
        return expect(completed, exit_code)

    def json(self, *args: str, exit_code: int = 0) -> Any:
        """Return the one document that the command printed."""
        return self.run(*args, "--json", exit_code=exit_code).json

    def start(self, *args: str, **more: Any) -> Process:
        """Run the command in the background until the test is over; ``more`` as of ``program.start``."""
        process = Process(*args, cwd=self.folder, transcript=self.transcript, **more)
        self.running.append(process)
        return process

    def end(self) -> None:
        """End what runs in the background."""
        for process in self.running:
            process.end()

    def post(self, name: str, text: str, *, due: float | None = None, **keys: str) -> Path:
        """Save a post in one step, as editors do; ``due`` in seconds from now (default: in 30 days)."""
        at = datetime.now(UTC) + (timedelta(days=30) if due is None else timedelta(seconds=due))
        front = {"id": name, "title": name.title(), "date": f"{at:%Y-%m-%d %H:%M:%S} +00:00", **keys}
        front.setdefault("channels", "[x]")
        lines = ["---", *(f"{key}: {value}" for key, value in front.items()), "---", text, ""]
        return self.write(f"{name}.md", "\n".join(lines))

    def write(self, name: str, text: str) -> Path:
        """Save a file of posts/ in one step, as editors do: beside, then renamed."""
        path = self.folder / "posts" / name
        beside = path.with_name(f".{name}.tmp")
        beside.write_text(text, "utf-8")
        return beside.replace(path)

    def states(self, *args: str) -> dict[tuple[str, str], Mapping[str, int]]:
        """Return what ``status`` counts, by post and account."""
        return {(p["id"], p["account"]): p["counts"] for p in self.json("status", *args)["posts"]}

    def leaks(self, secrets: Iterable[str]) -> list[str]:
        """Return where a secret stands that should not: in anything printed, or in a file of the state folder."""
        state = self.folder / ".humaspost"
        files = [p for p in state.rglob("*") if p.is_file() and "secrets" not in p.relative_to(state).parts]
        printed = "".join(self.transcript)
        leaks = [f"printed: {secret[:4]}…" for secret in secrets if secret in printed]
        return leaks + [str(p) for p in files for secret in secrets if secret.encode() in p.read_bytes()]


@pytest.fixture(scope="session")
def _shared_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    sandbox = SandboxProcess(cwd=tmp_path_factory.mktemp("sandbox"))
    yield sandbox
    sandbox.end()


@pytest.fixture
def sandbox_process(_shared_sandbox: SandboxProcess) -> SandboxProcess:
    """The one sandbox process of this worker, as if it had just started."""
    _shared_sandbox.control("reset", method="POST")
    return _shared_sandbox
