"""The bad files that only Rules and X can judge: each gives its problem, at its place, with a hint.

``tests/cli/bad/<code>[.<variant>].md``, read, probed and planned as ``check`` does it.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from humaspost.channels.registry import load_channels
from humaspost.channels.x.codes import CODES as X_CODES
from humaspost.content.reader import read_posts
from humaspost.media.probe import MediaProbe
from humaspost.model.account import Account
from humaspost.model.plan import PostPolicy
from humaspost.model.post import Late, Post
from humaspost.model.problem import Problem
from humaspost.planning.codes import CODES
from humaspost.planning.plan import PlanningContext, build_plan

OFFICE = Path(__file__).parents[1] / "cli"
BAD = OFFICE / "bad"
_CHANNELS = load_channels()
_VALUES = {
    "x": {"handle": "@kotacontoh"},
    "instagram": {"user_id": "1"},
    "whatsapp": {"phone_number_id": "1", "business_account_id": "2"},
}
_ACCOUNTS = tuple(
    Account(name, name, _CHANNELS[name].Config.model_validate(values)) for name, values in _VALUES.items()
)
#: Where the problem stands in each file: line, column.
EXPECTED_POSITIONS = {
    "alt-missing.empty.md": (8, 10),
    "alt-missing.md": (7, 5),
    "alt-too-long.md": (8, 10),
    "audience-missing.md": (5, 11),
    "media-codec.colours.md": (7, 11),
    "media-codec.md": (7, 11),
    "media-container.md": (7, 11),
    "media-count.md": (15, 5),
    "media-duration.md": (7, 11),
    "media-frame-rate.md": (7, 11),
    "media-frames.md": (7, 11),
    "media-kind.md": (7, 11),
    "media-missing.md": (5, 11),
    "media-part.md": (9, 11),
    "media-profile.md": (9, 11),
    "media-ratio.md": (7, 11),
    "media-ratio.video.md": (7, 11),
    "media-sound.md": (7, 11),
    "media-too-small.md": (7, 11),
    "media-too-small.video.md": (7, 11),
    "media-too-tall.md": (7, 11),
    "media-too-wide.md": (7, 11),
    "media-too-wide.video.md": (7, 11),
    "restricted-public.md": (6, 13),
    "too-long.instagram.md": (10, 1),
    "struck-words.md": (7, 14),
    "struck-words.template.md": (9, 9),
    "struck-words.tilde.md": (9, 13),
    "too-long.md": (7, 1),
    "too-long.part.md": (7, 1),
    "too-long.text.md": (7, 9),
    "too-many-parts.md": (7, 1),
    "words-changed.md": (9, 45),
    "x-begins-with-name.md": (7, 1),
    "x-cashtags.md": (7, 1),
    "x-character.md": (7, 1),
    "x-empty.md": (7, 1),
    "x-key-value.flag.md": (6, 19),
    "x-key-value.md": (6, 13),
    "x-media-mix.md": (9, 5),
    "x-poll-duration.md": (7, 42),
    "x-poll-media.md": (10, 9),
    "x-poll-options.long.md": (8, 21),
    "x-poll-options.md": (7, 19),
    "x-quote-link.md": (7, 1),
    "x-reply-settings.md": (6, 21),
    "x-same-parts.md": (7, 1),
    "x-self-serve.md": (6, 15),
    "x-self-serve.quote.md": (6, 12),
}
#: Those that one file cannot show are in test_plan, test_same_post and test_targets; the files' own size is media's. X minds
#: neither bit rate nor index: see test_films.
_ELSEWHERE = {
    "ambiguous-channel",
    "unknown-channel",
    "same-text",
    "same-post",
    "already-published",
    "login-expires",
    "media-too-large",
    "media-bit-rate",
    "media-index",
    "media-hidden",
}


@pytest.fixture(scope="module")
def read() -> dict[str, Post]:
    owners = {account.name: _CHANNELS[account.channel].rules(account.config).keys for account in _ACCOUNTS}
    found, _ = read_posts(
        BAD, root=OFFICE, zone="Asia/Jakarta", owners=owners, channel_names=list(_VALUES), settle=0
    )
    return {Path(post.file).name: post for post in found}


def _problems(post: Post) -> list[Problem]:
    probed, found = MediaProbe(OFFICE).probe_post(post)
    assert found == []
    handling = PostPolicy(Late.ASK, timedelta(hours=1), 5, False)
    _plan, problems = build_plan(
        [probed], [], PlanningContext(_ACCOUNTS, _CHANNELS, lambda _post: handling, {})
    )
    return problems


@pytest.mark.parametrize("name", sorted(EXPECTED_POSITIONS))
def test_a_bad_file_gives_its_problem_at_its_position(name: str, read: dict[str, Post]) -> None:
    found = _problems(read[name])
    assert [problem.code for problem in found] == [name.split(".")[0]]
    assert all(problem.hint for problem in found)
    assert [(p.position.line, p.position.column) for p in found if p.position] == [EXPECTED_POSITIONS[name]]


def test_every_code_has_a_case() -> None:
    shown = {name.split(".")[0] for name in EXPECTED_POSITIONS} | _ELSEWHERE
    assert {*CODES, *X_CODES} <= shown
    assert shown >= {file.name.split(".")[0] for file in BAD.glob("x-*.md")}
