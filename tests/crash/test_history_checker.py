"""The judge of edited offices: it passes what is right and names each kind of breach."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.crash.history import FOREVER, Cancellation, History, ListVersion, PostVersion, SenderLife
from tests.crash.history_checker import SLACK, HistoryChecker

ANI, BUDI = "+6281210000001", "+6281210000002"
#: The post is due at 10; its file says something else from 100 on.
DUE, CHANGE, LATE = 10.0, 100.0, 100.0 + SLACK + 1
SENDER = SenderLife("schedule", 0.0, 1000.0)


def version(number: int = 1, **changes: Any) -> PostVersion:
    fields: dict[str, Any] = {
        "since": 0.0,
        "due": DUE,
        "accounts": frozenset({"whatsapp"}),
        "lists": ("semua",),
    }
    return PostVersion("ed-1", number, **fields | changes)


def history(*versions: PostVersion, **changes: Any) -> History:
    lists = [ListVersion("semua", 0.0, frozenset({ANI, BUDI})), ListVersion("lain", 0.0, frozenset({BUDI}))]
    return History(list(versions) or [version()], **{"lists": lists, "lives": [SENDER], **changes})


def instant(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def message(at: float, to: str | None = ANI, *, number: int = 1, channel: str = "whatsapp") -> dict[str, Any]:
    text = f"Ujian hped1v{number}x1: kata."
    id_ = f"{channel}-{at}-{to}"
    return {
        "channel": channel,
        "id": id_,
        "text": text,
        "template": None,
        "to": to,
        "created_at": instant(at),
    }


def row(to: str | None, state: str, reason: str = "", *, of: dict[str, Any] | None = None) -> dict[str, Any]:
    shown = f"{to[:3]} {to[3:6]}-****-{to[-2:]}" if to else None
    account = "whatsapp" if to else "x"
    found = {
        "post": "ed-1",
        "account": account,
        "part": 1,
        "recipient": shown,
        "state": state,
        "reason": reason,
    }
    return found | {"remote_id": of["id"] if of else None}


def breaches(
    found: History,
    objects: list[dict[str, Any]],
    rows: list[dict[str, Any]] | None = None,
    *,
    attempts: list[float] | None = None,
    decision: str | None = None,
) -> set[str]:
    """The breaches; where no rows are given, those of the end do not count."""
    status = {
        "deliveries": rows or [],
        "posts": [{"id": "ed-1", "account": "whatsapp", "decision": decision}],
    }
    log = [{"post": "ed-1", "account": "whatsapp", "started_at": instant(at)} for at in attempts or []]
    words = HistoryChecker(found, objects, status, log).breaches()
    return {word for word in words if rows is not None or not word.startswith("I3")}


FIRST, SECOND_MESSAGE = message(11.0), message(12.0, BUDI)
BOTH = [row(ANI, "published", of=FIRST), row(BUDI, "published", of=SECOND_MESSAGE)]


def edited(**changes: Any) -> History:
    return history(version(until=CHANGE), version(2, since=CHANGE, **changes))


def shortened_list(**changes: Any) -> History:
    lists = [
        ListVersion("semua", 0.0, frozenset({ANI, BUDI}), until=CHANGE),
        ListVersion("semua", CHANGE, frozenset({BUDI})),
    ]
    return history(**{"lists": lists, **changes})


def cancelled(*, sending: int, undone_at: float = FOREVER, is_certain: bool = True) -> History:
    one = Cancellation("ed-1", 11.5, sending, is_certain=is_certain, undone_at=undone_at)
    return history(cancellations=[one])


def test_what_is_right_passes() -> None:
    assert breaches(history(), [FIRST, SECOND_MESSAGE], BOTH) == set()


@pytest.mark.parametrize(
    ("found", "objects"),
    [
        pytest.param(edited(), [message(CHANGE + 1)], id="just before the sender looked"),
        pytest.param(edited(), [message(CHANGE + 1, number=2)], id="the new words"),
        pytest.param(edited(accounts=frozenset()), [message(CHANGE + 1)], id="the channel just went"),
        pytest.param(edited(due=200.0), [message(CHANGE + 1)], id="the date just moved"),
        pytest.param(history(publications=[("ed-1", 5.0)]), [message(6.0)], id="published before its date"),
        pytest.param(shortened_list(), [message(CHANGE + 1)], id="the row just went"),
        pytest.param(shortened_list(), [message(LATE, BUDI)], id="somebody else"),
        pytest.param(
            shortened_list(lives=[SenderLife("run", 50.0, 200.0)]), [message(LATE)], id="a run reads its lists once"
        ),
        pytest.param(history(stops={BUDI: CHANGE}), [FIRST], id="another person stopped"),
        pytest.param(cancelled(sending=1), [FIRST, SECOND_MESSAGE], id="it was on its way"),
        pytest.param(cancelled(sending=0, undone_at=11.8), [SECOND_MESSAGE], id="published after all"),
        pytest.param(cancelled(sending=0, is_certain=False), [SECOND_MESSAGE], id="the cancel did not succeed"),
    ],
)  # fmt: skip
def test_what_can_be_right_passes(found: History, objects: list[dict[str, Any]]) -> None:
    assert breaches(found, objects) == set()


def test_a_text_is_fixed_by_the_first_attempt() -> None:
    assert breaches(edited(), [message(LATE)], attempts=[50.0]) == set()
    assert breaches(edited(), [message(LATE)], attempts=[LATE + 1]) != set()


@pytest.mark.parametrize(
    ("found", "objects", "expected"),
    [
        pytest.param(history(), [FIRST, {**FIRST, "id": "again"}], "I1", id="twice"),
        pytest.param(history(), [message(11.0, number=7)], "I2", id="words of no file"),
        pytest.param(edited(), [message(LATE)], "I2", id="old words"),
        pytest.param(edited(), [message(CHANGE - 1, number=2)], "I2", id="words that came later"),
        pytest.param(edited(), [FIRST, message(LATE, BUDI, number=2)], "I2", id="two texts in one fan-out"),
        pytest.param(history(), [message(11.0, None, channel="x")], "I2", id="a channel never named"),
        pytest.param(
            edited(accounts=frozenset({"x"}), lists=()), [message(LATE)], "I2", id="a channel taken out"
        ),
        pytest.param(history(), [message(9.0)], "I2", id="before its date"),
        pytest.param(edited(due=200.0), [message(LATE, number=2)], "I2", id="before its new date"),
        pytest.param(shortened_list(), [message(LATE)], "I5", id="taken out of the list"),
        pytest.param(edited(lists=("lain",)), [message(LATE, number=2)], "I5", id="a list taken out"),
        pytest.param(history(stops={ANI: CHANGE}), [message(LATE)], "I5", id="stopped"),
        pytest.param(
            shortened_list(lives=[SenderLife("run", 50.0, 200.0)], imports=[CHANGE + 0.5]),
            [message(LATE)],
            "I5",
            id="imported under a run",
        ),
        pytest.param(cancelled(sending=0), [SECOND_MESSAGE], "I4", id="sent after its cancel"),
        pytest.param(
            cancelled(sending=1), [SECOND_MESSAGE, message(13.0, "+6281210000003")], "I4", id="more than were on their way"
        ),
    ],
)  # fmt: skip
def test_a_breach_of_what_people_said(found: History, objects: list[dict[str, Any]], expected: str) -> None:
    assert {breach[:2] for breach in breaches(found, objects)} >= {expected}


@pytest.mark.parametrize(
    ("found", "objects", "rows", "expected"),
    [
        pytest.param(history(), [FIRST], BOTH, "nobody sees it", id="published and not there"),
        pytest.param(history(), [FIRST, SECOND_MESSAGE], [BOTH[0], row(BUDI, "held", "not-in-plan")], "does not know", id="there and not published"),
        pytest.param(history(), [FIRST], BOTH[:1], "nothing for 1 people", id="a person is lost"),
        pytest.param(history(version(accounts=frozenset({"x"}), parts=2)), [], [row(None, "unknown")], "has the parts [1]", id="a part is lost"),
        pytest.param(history(), [FIRST], [BOTH[0], row(BUDI, "scheduled")], "nothing explains", id="it still waits"),
        pytest.param(history(), [FIRST], [BOTH[0], row(BUDI, "cancelled", "person")], "nothing explains", id="nobody cancelled it"),
        pytest.param(history(), [FIRST], [BOTH[0], row(BUDI, "held", "list")], "nothing explains", id="no list is broken"),
        pytest.param(history(), [FIRST], [BOTH[0], row(BUDI, "held", "not-in-plan")], "nothing explains", id="it is in the plan"),
        pytest.param(history(), [FIRST], [BOTH[0], row(BUDI, "refused", "opt-out")], "nothing explains", id="nobody stopped"),
        pytest.param(history(), [FIRST], [BOTH[0], row(BUDI, "missed")], "nothing explains", id="it was in time"),
    ],
)  # fmt: skip
def test_a_breach_of_the_end(
    found: History, objects: list[dict[str, Any]], rows: list[dict[str, Any]], expected: str
) -> None:
    assert any(expected in breach for breach in breaches(found, objects, rows))


@pytest.mark.parametrize(
    ("found", "rest"),
    [
        pytest.param(history(), [row(BUDI, "unknown")], id="in doubt"),
        pytest.param(history(stops={BUDI: 5.0}), [row(BUDI, "refused", "opt-out")], id="stopped"),
        pytest.param(history(stops={BUDI: 5.0}), [], id="stopped, and never entered"),
        pytest.param(cancelled(sending=0), [row(BUDI, "cancelled", "person")], id="cancelled"),
    ],
)
def test_a_state_that_says_why(found: History, rest: list[dict[str, Any]]) -> None:
    assert breaches(found, [FIRST], [BOTH[0], *rest]) == set()


def test_people_of_a_cancelled_post_need_no_rows() -> None:
    assert breaches(cancelled(sending=0), [FIRST], [BOTH[0]], decision="cancel") == set()
    assert breaches(cancelled(sending=0), [FIRST], [BOTH[0]], decision="publish") != set()
    assert breaches(history(), [FIRST], [BOTH[0]], decision="cancel") != set(), "nobody cancelled it"
