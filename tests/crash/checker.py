"""The one judge of every torture run. It reads what the public sees and ``humaspost status --json --all``.

It imports nothing of humaspost: a rule that both sides got wrong would pass unseen.
"""

import base64
import json
import re
import sqlite3
import urllib.parse
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STATES = frozenset(
    [
        "scheduled",
        "preparing",
        "sending",
        "published",
        "unknown",
        "held",
        "missed",
        "failed",
        "expired",
        "refused",
        "cancelled",
    ]
)
#: States of a delivery that may be public without our having said so.
UNKNOWN_STATES = frozenset({"unknown", "sending"})


@dataclass(frozen=True, slots=True)
class ExpectedPost:
    """What a torture post must come to on one account: a marker for each part, or a recipient for each copy."""

    post: str
    account: str
    markers: tuple[str, ...]
    recipients: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many deliveries that is."""
        return len(self.recipients) or len(self.markers)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Every breach in words, the deliveries by state, and those in doubt that the public sees all the same."""

    breaches: tuple[str, ...]
    states: Mapping[str, int]
    accepted_unrecorded: int


def check_offices(
    planned: Iterable[ExpectedPost],
    *,
    objects: Sequence[Mapping[str, Any]],
    status: Mapping[str, Any],
    has_retries: bool = False,
) -> CheckReport:
    """I1, I2 and I3 over everything that was planned. ``has_retries`` = a person chose to send unknown outcomes again."""
    rows: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for row in status["deliveries"]:
        rows[row["post"], row["account"]].append(row)
    shown = _by_marker(objects)
    breaches, hidden = [], 0
    for one in planned:
        mine = rows.pop((one.post, one.account), [])
        seen = {marker: shown.pop((one.account, marker), []) for marker in one.markers}
        found, doubted = _fan_out(one, mine, seen) if one.recipients else _parts(one, mine, seen)
        breaches += found if not has_retries else [b for b in found if not b.startswith("I2")]
        hidden += doubted
    breaches += [f"I1 {key} is in the ledger and was never planned" for key in rows]
    breaches += [f"I1 {key} is public and was never planned" for key in shown]
    breaches += _keys(status["deliveries"])
    return CheckReport(tuple(breaches), Counter(row["state"] for row in status["deliveries"]), hidden)


def _by_marker(objects: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    for item in objects:
        found[item["channel"], marker_of(item) or f"no marker in {item['id']}"].append(item)
    return found


def marker_of(item: Mapping[str, Any]) -> str | None:
    """The torture's own sign in a public object."""
    marker = re.search(r"\bhp[0-9a-z]{3,}x\d+\b", _text_of(item))
    return marker[0] if marker else None


def _text_of(item: Mapping[str, Any]) -> str:
    return f"{item['text']} {json.dumps(item['template'])}"


def _keys(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    twice = [key for key, count in Counter(row["key"] for row in rows).items() if count > 1]
    odd = {row["state"] for row in rows} - STATES
    ids = Counter((row["channel"], row["remote_id"]) for row in rows if row["remote_id"])
    return [
        *(f"I1 {key} is there more than once" for key in twice),
        *(f"I1 {state} is no state" for state in odd),
        *(f"I3 {remote} is the receipt of {count}" for remote, count in ids.items() if count > 1),
    ]


def _parts(
    one: ExpectedPost,
    rows: Sequence[Mapping[str, Any]],
    public_objects: Mapping[str, Sequence[Mapping[str, Any]]],
) -> tuple[list[str], int]:
    """One delivery for each part: what it says of itself against what is public under its marker."""
    breaches, hidden = [], 0
    have = sorted(row["part"] for row in rows)
    if have != list(range(1, len(one.markers) + 1)):
        return [f"I1 {one.post}@{one.account} has the parts {have}"], 0
    for row in rows:
        name = f"{one.post}@{one.account} part {row['part']}"
        public = public_objects[one.markers[row["part"] - 1]]
        breaches += _check_single(name, row, public)
        hidden += bool(public) and row["state"] in UNKNOWN_STATES
    return breaches, hidden


def _check_single(name: str, row: Mapping[str, Any], public: Sequence[Mapping[str, Any]]) -> list[str]:
    breaches = []
    if len(public) > 1:
        breaches.append(f"I2 {name} is public {len(public)} times")
    if row["state"] == "published":
        if not public:
            breaches.append(f"I3 {name} is published, and nobody sees it")
        elif row["remote_id"] and row["remote_id"] not in {item["id"] for item in public}:
            breaches.append(f"I3 {name} has the receipt {row['remote_id']} of something else")
    elif public and row["state"] not in UNKNOWN_STATES:
        breaches.append(f"I2 {name} is public and the ledger says {row['state']}: it would be sent again")
    return breaches


def _fan_out(
    one: ExpectedPost,
    rows: Sequence[Mapping[str, Any]],
    public_objects: Mapping[str, Sequence[Mapping[str, Any]]],
) -> tuple[list[str], int]:
    """One delivery for each person. The status shows masked numbers: people are judged in groups that look alike."""
    name = f"{one.post}@{one.account}"
    wanted = Counter(mask(phone) for phone in one.recipients)
    have = Counter(displayed_mask(row["recipient"]) for row in rows)
    breaches = [
        f"I1 {name} has {have[m]} for {m}, not {wanted[m]}" for m in have | wanted if have[m] != wanted[m]
    ]
    public = [item for items in public_objects.values() for item in items]
    copies = Counter(item["to"] for item in public)
    breaches += [f"I2 {name} was sent to {to} {count} times" for to, count in copies.items() if count > 1]
    breaches += [f"I1 {name} was sent to the stranger {to}" for to in copies.keys() - set(one.recipients)]
    ids = {item["id"]: item for item in public}
    for row in rows:
        item = ids.pop(row["remote_id"], None) if row["state"] == "published" else None
        if row["state"] == "published" and (
            item is None or mask(item["to"]) != displayed_mask(row["recipient"])
        ):
            breaches.append(f"I3 {name} to {row['recipient']} is published, and that person has nothing")
    # What is public beyond the receipts must be owned up to as a doubt.
    unowned = Counter(mask(item["to"]) for item in ids.values())
    doubts = Counter(displayed_mask(row["recipient"]) for row in rows if row["state"] in UNKNOWN_STATES)
    for reached in unowned - doubts:
        breaches.append(f"I2 {name} reached {reached} and the ledger does not know")
    return breaches, len(ids)


def mask(phone: str) -> str:
    """What of a number can be told from its masked form."""
    return f"{phone[1:3]}{phone[3:6]}-{phone[-2:]}"


def displayed_mask(masked_number: str) -> str:
    """The same of a number as ``status`` shows it."""
    digits = re.sub(r"\D", "", masked_number)
    return f"{digits[:5]}-{digits[-2:]}"


def find_corruption(ledger: Path) -> list[str]:
    """I4: what SQLite itself finds wrong with the ledger, opened anew."""
    try:
        with closing(sqlite3.connect(ledger)) as connection:
            said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
            odd = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.DatabaseError as error:
        return [f"I4 {error}"]
    return [f"I4 {line}" for line in said if line != "ok"] + [f"I4 foreign key {row}" for row in odd]


def leaks(secrets: Iterable[str], *, folders: Iterable[Path], outputs: Iterable[bytes]) -> list[str]:
    """I5: which secret stands, plain or encoded, in which file or output."""
    texts = {f"output {number}": output for number, output in enumerate(outputs)}
    for folder in folders:
        texts |= {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return [
        f"I5 a secret ({how}) is in {where}"
        for where, content in texts.items()
        for secret in secrets
        for how, spelled in _spellings(secret).items()
        if spelled in content
    ]


def _spellings(secret: str) -> dict[str, bytes]:
    raw = secret.encode()
    return {
        "plain": raw,
        "base64": base64.b64encode(raw).rstrip(b"="),
        "urlencoded": urllib.parse.quote(secret, safe="").encode(),
        "hex": raw.hex().encode(),
    }
