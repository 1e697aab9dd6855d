"""The bad files that only a channel can judge: each gives its problem, at its place, with a hint.

``tests/cli/bad/<code>[.<variant>].md``; those about templates are held against what the sandbox has.
"""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from humaspost.channels.instagram import Instagram
from humaspost.channels.instagram.codes import CODES as INSTAGRAM
from humaspost.channels.instagram.config import InstagramConfig
from humaspost.channels.whatsapp import WhatsApp
from humaspost.channels.whatsapp.codes import CODES as WHATSAPP
from humaspost.channels.whatsapp.config import WhatsAppConfig
from humaspost.content.reader import read_posts
from humaspost.media.probe import MediaProbe
from humaspost.model.account import AccountStatus, Template
from humaspost.model.channel import Channel
from humaspost.model.post import Post
from humaspost.model.problem import Problem

OFFICE = Path(__file__).parents[1] / "cli"
BAD = OFFICE / "bad"
CONFIGS = {
    "instagram": InstagramConfig(user_id="1"),
    "whatsapp": WhatsAppConfig.model_validate(
        {
            "phone_number_id": "1",
            "business_account_id": "2",
            "templates": {"text": {"name": "pengumuman", "params": ["{title}", "{text}", "{link}"]}},
        }
    ),
}
CHANNELS: dict[str, Channel] = {"instagram": Instagram(), "whatsapp": WhatsApp()}
CHANNEL_NAMES = (
    Template("pengumuman", "id", "APPROVED", "MARKETING", 3),
    Template("pengumuman_gambar", "id", "APPROVED", "MARKETING", 3, "image"),
    Template("undangan_rapat_warga", "id", "PENDING", "MARKETING", 3),
    Template("kupon_pasar", "id", "APPROVED", "MARKETING", 1, buttons=("quick_reply", "copy_code")),
)
#: Where the problem stands in each file: line, column.
EXPECTED_POSITIONS = {
    "instagram-caption-near-limit.md": (10, 9),
    "instagram-collaborators.md": (10, 42),
    "instagram-collaborators.name.md": (10, 19),
    "instagram-cover.md": (9, 12),
    "instagram-format.md": (9, 21),
    "instagram-format.reel.md": (10, 11),
    "instagram-hashtags.md": (6, 7),
    "instagram-hashtags.warning.md": (6, 7),
    "instagram-key-unfit.caption.md": (11, 9),
    "instagram-key-unfit.md": (10, 18),
    "instagram-key-unfit.story.md": (11, 18),
    "instagram-key-value.flag.md": (10, 17),
    "instagram-key-value.md": (10, 9),
    "instagram-mentions.md": (10, 1),
    "instagram-thumb-offset.md": (11, 17),
    "instagram-user-tags.film.md": (14, 5),
    "instagram-user-tags.md": (11, 5),
    "instagram-user-tags.medium.md": (11, 5),
    "template-button.md": (8, 13),
    "template-category.md": (7, 69),
    "template-header.md": (7, 22),
    "template-missing.md": (5, 11),
    "template-not-approved.md": (7, 22),
    "template-params.md": (9, 11),
    "template-unknown.language.md": (7, 22),
    "template-unknown.md": (8, 13),
    "whatsapp-key-value.md": (9, 11),
}
CASES = [f for f in sorted(BAD.glob("*.md")) if f.name.split(".")[0] in {*INSTAGRAM, *WHATSAPP}]


@pytest.fixture(scope="module")
def read() -> dict[str, Post]:
    owners = {name: CHANNELS[name].rules(config).keys for name, config in CONFIGS.items()}
    found, _ = read_posts(
        BAD, root=OFFICE, zone="Asia/Jakarta", owners=owners, channel_names=list(CONFIGS), settle=0
    )
    return {Path(post.file).name: post for post in found}


def problems(post: Post) -> list[Problem]:
    probed, _ = MediaProbe(OFFICE).probe_post(post)
    name = post.channels[0]
    channel, config = CHANNELS[name], CONFIGS[name]
    rules = channel.rules(config)
    facts = AccountStatus(datetime(2027, 1, 1, tzinfo=UTC), templates=CHANNEL_NAMES)
    found = channel.check(channel.render(probed, config, rules, account=name), rules, facts, config=config)
    return [post.locate(problem) for problem in found]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_bad_file_gives_its_problem_at_its_position(case: Path, read: dict[str, Post]) -> None:
    found = problems(read[case.name])
    assert [p.code for p in found] == [case.name.split(".")[0]]
    assert all(p.hint and p.text for p in found)
    assert [(p.position.line, p.position.column) for p in found if p.position] == [
        EXPECTED_POSITIONS[case.name]
    ]


def test_every_code_has_a_case() -> None:
    assert {case.name.split(".")[0] for case in CASES} == {*INSTAGRAM, *WHATSAPP}
