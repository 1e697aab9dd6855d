"""The real program as processes: an office that ``init`` made, pointed at a sandbox that runs."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
#: No proxy stands between two processes of one computer.
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_SECRETS = ("api_key", "api_key_secret", "access_token", "access_token_secret", "app_secret")


def environment() -> dict[str, str]:
    """This one, without anybody's own office, keys, keyring or taste in colours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("HUMASPOST_")}
    kept.pop("CREDENTIALS_DIRECTORY", None)
    keyring = "keyring.backends.null.Keyring"
    more = {"HUMASPOST_LANGUAGE": "en", "PYTHON_KEYRING_BACKEND": keyring, "NO_COLOR": "1", "COLUMNS": "80"}
    more |= {"PYTHONFAULTHANDLER": "1"}
    return kept | more | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}


class Process:
    """``humaspost ARGS`` in the background; its lines are read as they come."""

    def __init__(self, *args: str, cwd: Path, said: list[str]) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "humaspost", *args],
            cwd=cwd,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.errors: list[str] = []
        self._new: queue.Queue[str] = queue.Queue()
        pairs = ((self.popen.stdout, self.lines), (self.popen.stderr, self.errors))
        self._readers = [
            threading.Thread(target=self._read, args=(*pair, said), daemon=True) for pair in pairs
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, into: list[str], said: list[str]) -> None:
        for line in stream:
            into.append(line.rstrip("\n"))
            said.append(line)
            self._new.put(line)

    def line(self, wanted: Callable[[str], bool] = bool, *, within: float = 15.0) -> str:
        """The first line so far, or from now on, that is wanted."""
        end = time.monotonic() + within
        while True:
            found = next((line for line in list(self.lines) if wanted(line)), None)
            if found is not None:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"not said within {within} s: {self.lines} {self.errors}")
            try:
                self._new.get(timeout=0.05)
            except queue.Empty:
                assert self.popen.poll() is None or self._alive(), f"it ended: {self.errors}"

    def _alive(self) -> bool:
        return any(reader.is_alive() for reader in self._readers)

    def end(self, number: int = signal.SIGTERM, *, within: float = 35.0) -> int:
        """The process is over, asked by this signal; its exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.ended(within=within)

    def ended(self, *, within: float) -> int:
        """The process is over by itself; its exit code."""
        try:
            code = self.popen.wait(timeout=within)
        except subprocess.TimeoutExpired:
            self.popen.send_signal(signal.SIGABRT)  # each thread says where it is
            self.popen.wait()
            for reader in self._readers:
                reader.join(timeout=5)
            told = "\n".join([*self.lines, *self.errors])
            raise AssertionError(f"it did not end within {within} s:\n{told}") from None
        for reader in self._readers:
            reader.join(timeout=5)
        for stream in (self.popen.stdout, self.popen.stderr):
            if stream:
                stream.close()
        return code


class World:
    """A sandbox that runs: ``accounts`` is what it printed, the rest what it shows to tests."""

    def __init__(self, cwd: Path, said: list[str], *args: str) -> None:
        self.process = Process("sandbox", "--port", "0", "--json", *args, cwd=cwd, said=[])
        document = json.loads(self.process.line(within=30))
        self.url: str = document["url"]
        self.accounts: dict[str, dict[str, Any]] = document["accounts"]
        self.printed = document

    @property
    def secrets(self) -> set[str]:
        """The values that may appear nowhere."""
        return {str(a[field]) for a in self.accounts.values() for field in _SECRETS if field in a}

    def ask(self, path: str, body: Any = None) -> Any:
        """The JSON that the control endpoint answers; POST where there is a body."""
        data = None if body is None else json.dumps(body).encode()
        with _OPENER.open(urllib.request.Request(f"{self.url}/_sandbox/{path}", data), timeout=10) as answer:
            return json.load(answer)

    def fetch(self, path: str) -> bytes:
        """The bytes at a path of the sandbox."""
        with _OPENER.open(f"{self.url}{path}", timeout=10) as answer:
            content: bytes = answer.read()
        return content

    def objects(self, channel: str = "") -> list[dict[str, Any]]:
        """Every public object so far, oldest first."""
        return [o for o in self.ask("objects")["objects"] if channel in ("", o["channel"])]

    def fault(self, **order: Any) -> None:
        """The next fitting request goes wrong."""
        self.ask("faults", order)

    def settled(self, count: int, channel: str = "", *, within: float = 15.0) -> list[dict[str, Any]]:
        """The objects, once there are so many."""
        until(lambda: len(self.objects(channel)) >= count, within=within)
        return self.objects(channel)


def until(found: Callable[[], Any], *, within: float) -> Any:
    """What is found, as soon as it is."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.05)
    raise AssertionError(f"not so within {within} s")


class Office:
    """A folder in which ``humaspost`` is typed; ``said`` is all that it ever printed there."""

    def __init__(self, folder: Path, world: World, said: list[str]) -> None:
        self.folder, self.world, self.said = folder, world, said
        self.running: list[Process] = []

    def run(self, *args: str, exits: int = 0, within: float = 60.0) -> subprocess.CompletedProcess[str]:
        """The command ended with that code."""
        done = subprocess.run(
            [sys.executable, "-m", "humaspost", *args],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        self.said += [done.stdout, done.stderr]
        assert done.returncode == exits, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *args: str, exits: int = 0) -> Any:
        """The one document that the command printed; json.loads refuses anything beside it."""
        return json.loads(self.run(*args, "--json", exits=exits).stdout)

    def start(self, *args: str) -> Process:
        """The command runs in the background until the test is over."""
        process = Process(*args, cwd=self.folder, said=self.said)
        self.running.append(process)
        return process

    def post(self, name: str, text: str, *, due: float | None = None, **keys: str) -> Path:
        """A file is there in one step, as an editor saves it; ``due`` in seconds from now (default: in 30 days)."""
        at = datetime.now(UTC) + (timedelta(days=30) if due is None else timedelta(seconds=due))
        front = {"id": name, "title": name.title(), "date": f"{at:%Y-%m-%d %H:%M:%S} +00:00", **keys}
        front.setdefault("channels", "[x]")
        lines = ["---", *(f"{key}: {value}" for key, value in front.items()), "---", text, ""]
        path = self.folder / "posts" / f"{name}.md"
        beside = path.with_name(f".{path.name}.tmp")
        beside.write_text("\n".join(lines), "utf-8")
        beside.replace(path)
        return path

    def states(self, *args: str) -> dict[tuple[str, str], Mapping[str, int]]:
        """What ``status`` counts, by post and account."""
        return {(p["id"], p["account"]): p["counts"] for p in self.json("status", *args)["posts"]}

    def leaks(self, secrets: Iterable[str]) -> list[str]:
        """Where a secret stands that should not: in anything printed, or in any file of the state folder."""
        state = self.folder / ".humaspost"
        files = [p for p in state.rglob("*") if p.is_file() and "secrets" not in p.relative_to(state).parts]
        printed = "".join(self.said)
        found = [f"printed: {secret[:4]}…" for secret in secrets if secret in printed]
        return found + [str(p) for p in files for secret in secrets if secret.encode() in p.read_bytes()]
