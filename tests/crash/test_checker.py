"""The checker itself: it passes what is right and names each kind of breach."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.crash.checker import ExpectedPost, check_offices, find_corruption, leaks

THREAD = ExpectedPost("utas-1", "x", ("hputas1x1", "hputas1x2"))
PEOPLE = ("+6281210000001", "+6281210000002")
FAN_OUT = ExpectedPost("warta-1", "whatsapp", ("hpwarta1x1",), PEOPLE)


def public_object(channel: str, id_: str, marker: str, to: str | None = None) -> dict[str, Any]:
    return {"channel": channel, "id": id_, "text": f"Ujian {marker} untuk warga.", "template": None, "to": to}


def row(
    key: str, state: str, *, part: int = 1, remote_id: str | None = None, to: str | None = None
) -> dict[str, Any]:
    one = FAN_OUT if to else THREAD
    found = {"key": key, "post": one.post, "account": one.account, "channel": one.account, "part": part}
    return found | {"recipient": to, "state": state, "remote_id": remote_id}


POSTED = [public_object("x", "11", "hputas1x1"), public_object("x", "12", "hputas1x2")]
ROWS = [row("a", "published", remote_id="11"), row("b", "published", part=2, remote_id="12")]
SENT = [
    public_object("whatsapp", f"w{number}", "hpwarta1x1", to=phone) for number, phone in enumerate(PEOPLE)
]
RECEIVED = [
    row("c", "published", remote_id="w0", to="+62 812-**-01"),
    row("d", "published", remote_id="w1", to="+62 812-**-02"),
]


def breaches(
    planned: ExpectedPost, objects: list[dict[str, Any]], rows: list[dict[str, Any]]
) -> tuple[str, ...]:
    return check_offices([planned], objects=objects, status={"deliveries": rows}).breaches


def test_what_is_right_passes() -> None:
    assert breaches(THREAD, POSTED, ROWS) == ()
    assert breaches(FAN_OUT, SENT, RECEIVED) == ()


@pytest.mark.parametrize("state", ["unknown", "sending"])
def test_an_unknown_outcome_can_be_public_and_is_counted(state: str) -> None:
    rows = [ROWS[0], row("b", state, part=2)]
    verdict = check_offices([THREAD], objects=POSTED, status={"deliveries": rows})
    assert (verdict.breaches, verdict.accepted_unrecorded) == ((), 1)
    assert breaches(THREAD, POSTED[:1], rows) == (), "or not"


@pytest.mark.parametrize(
    ("objects", "rows", "expected"),
    [
        pytest.param(POSTED, ROWS[:1], "I1", id="a part is missing in the ledger"),
        pytest.param(POSTED, [*ROWS, ROWS[1]], "I1", id="a part is there twice"),
        pytest.param(POSTED, [ROWS[0], row("b", "lost", part=2)], "I1", id="no state of the table"),
        pytest.param([*POSTED, public_object("x", "13", "hputas1x2")], ROWS, "I2", id="public twice"),
        pytest.param(POSTED, [ROWS[0], row("b", "scheduled", part=2)], "I2", id="would be sent again"),
        pytest.param(POSTED, [ROWS[0], row("b", "failed", part=2)], "I2", id="said to be refused"),
        pytest.param(POSTED[:1], ROWS, "I3", id="published and not there"),
        pytest.param(
            POSTED, [ROWS[0], row("b", "published", part=2, remote_id="99")], "I3", id="wrong receipt"
        ),
        pytest.param([*POSTED, public_object("x", "14", "nothing")], ROWS, "I1", id="public and not ours"),
    ],
)
def test_a_breach_of_a_thread(
    objects: list[dict[str, Any]], rows: list[dict[str, Any]], expected: str
) -> None:
    assert {breach[:2] for breach in breaches(THREAD, objects, rows)} >= {expected}


@pytest.mark.parametrize(
    ("objects", "rows", "expected"),
    [
        pytest.param(SENT, RECEIVED[:1], "I1", id="a person is missing in the ledger"),
        pytest.param([*SENT, public_object("whatsapp", "w2", "hpwarta1x1", to=PEOPLE[0])], RECEIVED, "I2", id="sent twice"),
        pytest.param([*SENT, public_object("whatsapp", "w2", "hpwarta1x1", to="+62812")], RECEIVED, "I1", id="a stranger"),
        pytest.param(SENT[:1], RECEIVED, "I3", id="published, and the person has nothing"),
        pytest.param(SENT, [RECEIVED[0], row("d", "scheduled", to="+62 812-**-02")], "I2", id="would be sent again"),
    ],
)  # fmt: skip
def test_a_breach_of_a_fan_out(
    objects: list[dict[str, Any]], rows: list[dict[str, Any]], expected: str
) -> None:
    assert {breach[:2] for breach in breaches(FAN_OUT, objects, rows)} >= {expected}


def test_a_requested_retry_can_publish_a_duplicate() -> None:
    twice = [*POSTED, public_object("x", "13", "hputas1x2")]
    assert (
        check_offices([THREAD], objects=twice, status={"deliveries": ROWS}, has_retries=True).breaches == ()
    )


def test_a_ledger_with_flipped_bytes_is_unsound(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite3"
    with sqlite3.connect(ledger) as connection:
        connection.execute("CREATE TABLE t (a TEXT)")
        connection.executemany("INSERT INTO t VALUES (?)", [("word" * 50,)] * 200)
        connection.execute("CREATE INDEX i ON t (a)")
    connection.close()
    assert find_corruption(ledger) == []
    whole = bytearray(ledger.read_bytes())
    whole[-4096 : -4096 + 40] = bytes(40)
    ledger.write_bytes(bytes(whole))
    assert find_corruption(ledger)[0].startswith("I4 ")


@pytest.mark.parametrize("spelled", ["s3cr3t/+x", "czNjcjN0Lyt4", "s3cr3t%2F%2Bx", "7333637233742f2b78"])
def test_a_secret_is_detected_however_it_is_spelled(tmp_path: Path, spelled: str) -> None:
    assert leaks(["s3cr3t/+x"], folders=[tmp_path], outputs=[b"nothing"]) == []
    (tmp_path / "log").write_text(f"before {spelled} after")
    assert len(leaks(["s3cr3t/+x"], folders=[tmp_path], outputs=[spelled.encode()])) == 2
