"""Commands that see the same end with the same number, as the table in docs/commands.md says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.docs.pages import ROOT

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"


def ago(minutes: int) -> str:
    return f"{datetime.now(UTC) - timedelta(minutes=minutes):%Y-%m-%d %H:%M} UTC"


def table() -> dict[str, dict[str, int]]:
    """Each row of the table: command → exit code."""
    page = (ROOT / "docs" / "commands.md").read_text("utf-8").partition("## Exit codes of commands")[2]
    head, _line, *rows = [
        re.split(r" *\| *", line)[1:-1] for line in re.findall(r"^\|.*$", page, re.MULTILINE)
    ]
    commands = [name.strip("`") for name in head[1:]]
    return {row[0]: dict(zip(commands, map(int, row[1:]), strict=True)) for row in rows}


def save_list(office: FakeOffice, rows: list[str]) -> None:
    text = "\n".join(["phone,name,basis,purpose,source,consented_at", *rows, ""])
    (office.folder / "audiences" / "masyarakat.csv").write_text(text)


def person(number: int, *, date: str = "2021-01-01") -> str:
    return f"+62812000000{number:02},Penerima {number},consent,informasi layanan publik,formulir,{date}"


def refuse_login(office: FakeOffice) -> None:
    keys = office.folder / "credentials.toml"
    text = re.sub(r'access_token_secret = ".*"', 'access_token_secret = "of-somebody-else"', keys.read_text())
    keys.write_text(text)
    office.write("a.md", post("a", ago(1)))


def fail(office: FakeOffice) -> None:
    body = {"type": "https://api.x.com/2/problems/invalid-request", "status": 400, "detail": "no"}
    office.fault(
        channel="x", method="POST", path="/2/tweets$", fault="status", status=400, body=body, count=9
    )
    office.write("a.md", post("a", ago(1)))


CASES: dict[str, Callable[[FakeOffice], object]] = {
    "nothing": lambda office: office.write("a.md", post("a", FUTURE)),
    "a post that is due has an error": lambda office: office.write("a.md", post("a", ago(1), more="x: 1\n")),
    "a later post has an error": lambda office: office.write("a.md", post("a", FUTURE, more="x: 1\n")),
    "some rows of a list cannot be read": lambda office: save_list(
        office, [*map(person, range(1, 4)), person(4, date="kapan")]
    ),
    "a list is held": lambda office: save_list(office, []),
    "the login of an account is refused, and a post is due there": refuse_login,
    "a post is missed": lambda office: office.write("a.md", post("a", ago(90))),
    "a delivery failed for good": fail,
}


def test_each_row_of_the_table_has_a_case() -> None:
    assert set(table()) == set(CASES)


@pytest.mark.parametrize("case", CASES)
def test_each_command_ends_as_the_table_says(office: FakeOffice, case: str) -> None:
    office.run("run")
    office.age_ledger()
    CASES[case](office)
    expected = table()[case]
    assert {command: office.run(*command.split()).code for command in expected} == expected
