"""Every finding of ``doctor`` has a sentence, and every problem a remedy."""

import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from humaspost.model.reasons import StaleReason
from humaspost.model.sender_files import StaleFile
from humaspost.reports.doctor import CheckResult, Finding, Level
from humaspost.reports.sender_status import SenderStatus
from humaspost.views.doctor import format_results, result_remedy, result_text, result_to_json
from humaspost.views.times import TimeFormatter

NOW = datetime(2027, 2, 3, 1, 0, tzinfo=UTC)
CLOCK = TimeFormatter("Asia/Jakarta", NOW)

#: A value for each name that a finding may carry.
VALUES: dict[str, Any] = {
    "account": "x",
    "bytes": 1_500_000_000,
    "channel": "whatsapp",
    "count": 2,
    "display_name": "@kotacontoh",
    "expires_at": NOW + timedelta(days=20),
    "file": Path("config.toml"),
    "files": "audiences/masyarakat.csv",
    "created_at": NOW + timedelta(days=365),
    "heartbeat_at": NOW + timedelta(hours=1),
    "hint": "do this",
    "message": "it cannot be read",
    "name": "masyarakat",
    "now": NOW,
    "owner": "humaspost",
    "folder": Path("state"),
    "path": Path("posts"),
    "place": "audiences/masyarakat.csv:3:1",
    "platform": "instagram",
    "reason": "the\x1b[2J disk",
    "remaining": timedelta(days=3),
    "sender": SenderStatus(is_running=False),
    "user": "humaspost",
    "stale": (StaleFile("config.toml", StaleReason.UNREAD), SenderStatus(is_running=True, started_at=NOW)),
    "sources": (("token", "environment"), ("secret", "keyring")),
}

#: Good news, and notes on which nothing is to be done.
_WITHOUT_REMEDY = {
    Finding.CONFIG_READ,
    Finding.DEMO,
    Finding.POSTS_READABLE,
    Finding.STATE_WRITABLE,
    Finding.DISK_FREE,
    Finding.SECRETS_PRESENT,
    Finding.LEDGER_ABSENT,
    Finding.LEDGER_WHOLE,
    Finding.CLOCK_PLAUSIBLE,
    Finding.ACCOUNT_OK,
    Finding.WEBHOOKS_OK,
    Finding.SENDER_RUNNING,
}


def _result(finding: Finding, level: Level = Level.BAD) -> CheckResult:
    return CheckResult("topic", level, finding, VALUES)


@pytest.mark.parametrize("finding", Finding)
def test_each_finding_has_a_sentence_and_each_problem_a_remedy(finding: Finding) -> None:
    text, remedy = result_text(_result(finding), CLOCK), result_remedy(_result(finding))
    assert text
    assert not set("{}\x1b") & set(text + remedy)
    assert bool(remedy) is (finding not in _WITHOUT_REMEDY)


def test_a_remedy_can_be_typed_whatever_the_names_of_user_and_folder() -> None:
    values = VALUES | {
        "owner": "#1000",
        "user": "#1001",
        "path": Path("/srv/my office"),
        "folder": "/srv/my office",
    }

    def words(finding: Finding) -> list[str]:
        return shlex.split(result_remedy(CheckResult("state", Level.BAD, finding, values)), comments=True)

    assert words(Finding.STATE_OF_OTHER_USER) == ["sudo", "-u", "#1000", "humaspost", "doctor"]
    assert words(Finding.STATE_NOT_PRIVATE) == ["chmod", "700", "/srv/my office"]
    assert words(Finding.STATE_NOT_WRITABLE)[:5] == ["sudo", "chown", "-R", "#1001", "/srv/my office"]


def test_times_and_sizes_are_in_the_office_s_words() -> None:
    def text(finding: Finding) -> str:
        return result_text(_result(finding), CLOCK)

    assert text(Finding.DISK_FREE) == "1.5 GB free"
    assert text(Finding.LOGIN_EXPIRING) == "x: the login expires in 3 days"
    assert text(Finding.CLOCK_PLAUSIBLE) == "Wednesday 3 February 2027, 08:00 WIB"
    assert text(Finding.POSTS_AFTER_EXPIRY) == (
        "x: the login ends Tue 23 Feb 08:00, and 2 posts are due after that"
    )
    assert text(Finding.SECRETS_PRESENT) == "x: token (environment), secret (keyring)"


def test_one_line_for_each_result_and_its_remedy_below() -> None:
    results = [_result(Finding.LEDGER_WHOLE, Level.OK), _result(Finding.DISK_FULL)]
    assert format_results(results, clock=CLOCK) == [
        "ok  topic  whole",
        "!!  topic  1.5 GB free",
        "           make room: without it nothing can be recorded, so nothing is sent",
        "",
        "1 thing to mend.",
    ]


def test_json_has_the_same_sentences() -> None:
    assert result_to_json(_result(Finding.UNRESOLVED_DELIVERIES), CLOCK) == {
        "topic": "topic",
        "level": "bad",
        "text": "2 deliveries need a person",
        "remedy": "humaspost status",
    }
