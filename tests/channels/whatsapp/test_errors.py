"""Every row of WhatsApp's error table, answered over a real socket, ends as the contract says."""

import json
import re
from datetime import timedelta

import pytest

from humaspost.channels.whatsapp.errors import ERROR_ROWS, failure_of
from humaspost.model.channel import Ready
from humaspost.model.errors import (
    AuthFailed,
    ChannelError,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)
from tests.channels.whatsapp.conftest import PERSON, SessionHarness
from tests.support.reference_data import shared

Kind = type[ChannelError]
_POST = [131051, 131052, 131053, 131055, 131063, 132000, 132001, 132005, 132007, 132012, 132016]
_POST += [132018, 132068, 132069, 134100, 134102]
_PERSON = [0, 3, 10, 33, 190, 200, 250, 299, 368, 131005, 131031, 131037, 131042, 131045, 131048, 131064]
_PERSON += [133000, 133005, 133006, 133008, 133009, 133010, 133016, 134011]
_RECIPIENT = [130403, 130472, 130497, 131021, 131026, 131030, 131050]

EXPECTED: dict[int, tuple[Kind, Scope]] = {
    **dict.fromkeys(_PERSON, (AuthFailed, Scope.ACCOUNT)),
    **dict.fromkeys(_RECIPIENT, (Rejected, Scope.RECIPIENT)),
    **dict.fromkeys(_POST, (Rejected, Scope.POST)),
    **dict.fromkeys([100, 131008, 131009, 131047, 135000], (Rejected, Scope.DELIVERY)),
    **dict.fromkeys([1, 2, 131000, 131016], (UnknownOutcome, Scope.DELIVERY)),
    **dict.fromkeys([4, 80007, 130429, 131057, 133004, 133015, 134101], (RateLimited, Scope.ACCOUNT)),
    131049: (RateLimited, Scope.RECIPIENT),
    132015: (RateLimited, Scope.POST),
    131056: (RateLimited, Scope.RECIPIENT),
    987654: (UnknownOutcome, Scope.DELIVERY),
}


def answered(
    harness: SessionHarness,
    code: int,
    *,
    status: int = 400,
    key: str = "hp1:k:1",
    headers: dict[str, str] | None = None,
) -> ChannelError:
    """The error that a message ends with when WhatsApp answers so."""
    error = {"message": f"(#{code}) words", "code": code, "error_data": {"details": "more words"}}
    harness.inject_fault("status", status=status, body={"error": error}, headers=headers or {}, acted=False)
    with pytest.raises(ChannelError) as caught:
        harness.session.publish(harness.part(), Ready({}), key=key, to=PERSON, reply_to=None)
    return caught.value


def test_every_listed_code(harness: SessionHarness) -> None:
    ended = {code: answered(harness, code) for code in EXPECTED}
    wrong = {
        code: (type(error).__name__, error.scope)
        for code, error in ended.items()
        if (type(error), error.scope) != EXPECTED[code] or error.code != str(code)
    }
    assert wrong == {}
    assert harness.objects() == []


def test_every_listed_code_means_the_same_in_a_webhook() -> None:
    """Of a message that was taken: proved not delivered, so what is tried again later is tried again."""
    for code, (kind, _scope) in EXPECTED.items():
        means = failure_of(str(code))
        later = kind in (Transient, RateLimited, UnknownOutcome, AuthFailed) and code != 987654
        assert means.restricts_account is (kind is AuthFailed), code
        assert (means.retry_after is not None) is (later or code == 131047), code
        assert means.max_retries == (
            0 if means.retry_after is None else 1 if code in (131047, 131049) else 3
        ), code


def test_a_paused_template_is_waited_for(harness: SessionHarness) -> None:
    paused = answered(harness, 132015)
    assert isinstance(paused, RateLimited)
    assert timedelta(minutes=14) < paused.retry_at - harness.context.now() <= timedelta(minutes=15)


def test_the_marketing_cap_is_tried_once_more_after_a_day(harness: SessionHarness) -> None:
    first = answered(harness, 131049)
    assert isinstance(first, RateLimited)
    assert timedelta(hours=23) < first.retry_at - harness.context.now() <= timedelta(days=1)
    assert first.max_attempts == 2, "delivery counts those that ended so"


def test_a_5xx_is_unknown_whatever_its_body(harness: SessionHarness) -> None:
    for status in (500, 502, 503):
        errors = [answered(harness, code, status=status) for code in EXPECTED]
        assert {type(error) for error in errors} == {UnknownOutcome}
    held = {code for code in EXPECTED if answered(harness, code, status=500).scope is Scope.ACCOUNT}
    assert held == set(_PERSON), "what passes by itself (131057, 133004) waits for nobody"


@pytest.mark.parametrize(
    ("code", "least"),
    [
        (131049, timedelta(days=1)),
        (131056, timedelta(seconds=6)),
        (132015, timedelta(minutes=15)),
        (131057, timedelta(minutes=2)),
        (133015, timedelta(minutes=5)),
        (134101, timedelta(minutes=10)),
        (130429, timedelta(hours=1)),
    ],
)
def test_a_header_makes_no_wait_shorter(harness: SessionHarness, code: int, least: timedelta) -> None:
    """Several tries within a day get a person blocked for the office, whatever the account is told."""
    soon = {"Retry-After": "1" if code != 130429 else "3600"}
    usage = {"1": [{"type": "messages", "estimated_time_to_regain_access": 0 if code == 131056 else 1}]}
    soon["X-Business-Use-Case-Usage"] = json.dumps(usage)
    before = harness.context.now()
    error = answered(harness, code, headers=soon)
    assert isinstance(error, RateLimited)
    assert least <= error.retry_at - before < least + timedelta(seconds=5)


def test_while_uploading_meta_s_own_trouble_is_only_tried_again(harness: SessionHarness) -> None:
    part = harness.part(name="a.jpg")
    for code in (1, 2, 131000, 131016, 987654):
        body = {"error": {"message": "words", "code": code}}
        harness.inject_fault("status", "/media$", status=500, body=body)
        with pytest.raises(Transient):
            harness.session.prepare(part, None)


def test_every_listed_code_means_the_same_where_a_file_is_uploaded(harness: SessionHarness) -> None:
    """Nothing is public yet, so what would be doubt is only tried again."""
    part, wrong = harness.part(name="a.jpg"), {}
    for code, (kind, scope) in EXPECTED.items():
        body = {"error": {"message": "words", "code": code}}
        harness.inject_fault("status", "/media$", status=400, body=body, acted=False)
        with pytest.raises(ChannelError) as caught:
            harness.session.prepare(part, None)
        expected = Transient if kind is UnknownOutcome else kind
        if (type(caught.value), caught.value.scope) != (expected, scope):
            wrong[code] = (type(caught.value).__name__, caught.value.scope)
    assert wrong == {}


def test_the_contracts_table_is_covered() -> None:
    text = shared("contracts/whatsapp.md").read_text()
    table = text[text.index("| code | HTTP | meaning | action |") : text.index("## 3. Webhooks")]
    codes = {code for line in table.splitlines()[2:] for code in _codes(line)}
    assert len(codes) > 60
    assert codes - set(EXPECTED) == set()


def _codes(line: str) -> set[int]:
    """The numbers in the first column: ``132000 / 132012``, ``134100-134102``, ``133005/6/10`` and the like."""
    cell = line.strip("| ").partition(" |")[0]
    found: set[int] = set()
    for first, last in re.findall(r"\b(\d{6})-(\d{6})\b", cell):
        found |= set(range(int(first), int(last) + 1))
    for first, rest in re.findall(r"\b(\d{6})((?:/\d{1,2})+)\b", cell):
        found |= {int(first[: 6 - len(tail)] + tail) for tail in rest.strip("/").split("/")}
    # The HTTP statuses of the 13300x row stand in its first column.
    statuses = {400, 500, 503} if "133000" in cell else set()
    return found | {int(code) for code in re.findall(r"(?<![/\d])\d+", cell)} - statuses


def test_every_row_names_its_source() -> None:
    assert all(row.source.startswith("https://") for row in ERROR_ROWS)
