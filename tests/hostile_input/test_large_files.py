"""Files made to cost time or memory: each is read within a second and 200 MB, measured in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.deadlines import SECOND
from tests.support.reference_data import ROOT

#: As much as is read at all: 64 KiB of keys, 32 KiB of text.
_N = 30_000
#: What stands in the front matter, and in the body.
FILES = {
    "brackets": ("tags: " + "[" * _N, "a"),
    "braces": ("x: " + "{a: " * (_N // 4), "a"),
    "keys": ("\n".join(f"a{n}: b" for n in range(_N // 8)), "a"),
    "anchors": ("a: &a [b]\n" + "\n".join(f"a{n}: *a" for n in range(_N // 8)), "a"),
    "one long line": ("title: " + "a" * _N, "b" * _N),
    "emphasis": ("title: a", "*a_ " * (_N // 4)),
    "links": ("title: a", "[" * (_N // 2) + "](" * (_N // 4)),
    "ticks": ("title: a", "".join("`" * n + " " for n in range(230))),
    "quotes": ("title: a", "> " * (_N // 2)),
    "lists": ("title: a", "\n".join(" " * n + "- a" for n in range(230))),
    "brackets of html": ("title: a", "<" * _N + "<!--" * 500),
    "entities": ("title: a", "&#x" * (_N // 3)),
    "escapes": ("title: a", "\\" * _N),
    "addresses": ("title: a", "http://" * (_N // 7)),
    "parts": ("title: a", "<!-- part -->\n" * (_N // 14)),
    "marks": ("title: a", "a" + "\u0301" * (_N // 2)),
    "paragraphs": ("title: a", "a\n\n" * (_N // 3)),
}
_CHILD = """
import json, sys, time
from pathlib import Path
from humaspost.content.post_file import parse_post_file
from tests.support.content_files import NAMES
parse_post_file(b"---\\ntitle: a\\n---\\n*a*\\n", file="posts/p.md", folder=Path("/o/posts"), names=NAMES)
took = {}
for name in json.load(sys.stdin):
    raw = Path(name).read_bytes()
    began = time.process_time()
    parse_post_file(raw, file="posts/p.md", folder=Path("/o/posts"), names=NAMES)
    took[Path(name).stem] = time.process_time() - began
# Not ru_maxrss: Linux hands a child the height of the process that forked it.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(json.dumps([took, int(peak.split()[1]) // 1024]))
"""


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, float], int]:
    """Seconds of the processor by file, and the most memory that the process ever held, in MB."""
    folder = tmp_path_factory.mktemp("large")
    names = []
    for name, (front, body) in FILES.items():
        file = Path(folder, f"{name}.md")
        file.write_text(f"---\n{front}\n---\n{body}\n", "utf-8")
        names.append(str(file))
    done = subprocess.run(
        [sys.executable, "-c", _CHILD],
        input=json.dumps(names),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60 * SECOND,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    took, most = json.loads(done.stdout)
    return took, most


def test_a_second_is_enough_for_each(measured: tuple[dict[str, float], int]) -> None:
    assert {name: seconds for name, seconds in measured[0].items() if seconds > SECOND} == {}
    assert set(measured[0]) == set(FILES)


def test_200_mb_are_enough_for_all(measured: tuple[dict[str, float], int]) -> None:
    assert measured[1] < 200
