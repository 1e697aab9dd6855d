"""An office on a running sandbox, for the real program."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from humaspost.sandbox.office import write_office
from humaspost.sandbox.server import Sandbox
from tests.cli.program import Ran, run


@dataclass(frozen=True, slots=True)
class Town:
    """An office folder and the sandbox that its accounts point at."""

    office: Path
    url: str

    def run(self, *args: str, **more: Any) -> Ran:
        """``humaspost ARGS`` in the office."""
        return run(*args, cwd=self.office, **more)

    def write(self, name: str, text: str) -> Path:
        """The post is saved as editors do it: beside, then renamed."""
        path = self.office / "posts" / name
        beside = path.with_name(f".{name}.tmp")
        beside.write_text(text, "utf-8")
        return beside.rename(path)

    def objects(self) -> list[dict[str, Any]]:
        """What the public sees."""
        with urlopen(f"{self.url}/_sandbox/objects", timeout=5) as answer:
            objects: list[dict[str, Any]] = json.load(answer)["objects"]
        return objects

    def fault(self, **order: Any) -> None:
        """The sandbox misbehaves as ordered."""
        request = Request(f"{self.url}/_sandbox/faults", json.dumps(order).encode(), method="POST")
        request.add_header("Content-Type", "application/json")
        with urlopen(request, timeout=5) as answer:
            assert answer.status == 200


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Sandbox() as sandbox:
        office = write_office(tmp_path / "kantor", sandbox.config())
        for name in ("posts", "audiences"):
            shutil.rmtree(office / name, ignore_errors=True)
            (office / name).mkdir()
        people = "phone,name,basis,purpose,source,consented_at\n" + "".join(
            f"+62812000000{n:02},Penerima {n},consent,informasi layanan publik,formulir,2021-01-01\n"
            for n in range(1, 4)
        )
        (office / "audiences" / "masyarakat.csv").write_text(people)
        config = office / "config.toml"
        text = config.read_text("utf-8")
        if "[audiences.masyarakat]" not in text:
            text = text.replace(
                "[media]", '[audiences.masyarakat]\nfile = "audiences/masyarakat.csv"\n\n[media]'
            )
        config.write_text(text, "utf-8")
        yield Town(office, sandbox.url)


def post(
    id_: str, date: str, *, channels: str = "[x]", more: str = "", body: str = "Loket buka malam."
) -> str:
    """A post's text."""
    return f'---\nid: {id_}\ntitle: "Loket {id_}"\ndate: {date}\nchannels: {channels}\n{more}---\n{body}\n'
