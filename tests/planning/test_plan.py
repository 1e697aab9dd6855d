"""Which accounts a post means, what a draft is told, and what may not be said twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from humaspost.model.account import Account
from humaspost.model.document import Paragraph, Text
from humaspost.model.plan import PostPolicy, PublishedText
from humaspost.model.post import Post, PublishTime
from humaspost.model.problem import Problem
from humaspost.model.rendition import Part, Rendition
from humaspost.planning.plan import PlanningContext, build_plan
from tests.support.fake_channel import FakeChannel

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)


class PlanningChannel(FakeChannel):
    """Renders the body; finds fault with every '!'."""

    def render(self, post, config, rules, *, account):
        from humaspost.model.document import to_plain_text

        return Rendition("square", (Part(1, to_plain_text(post.body)),))

    def check(self, rendition, rules, account_status, *, config):
        loud = "!" in rendition.parts[0].text
        return [Problem("too-loud", "too loud", field="body", channel="square")] if loud else []


def account(name: str, *, default: bool = False) -> Account:
    return Account(name, "square", {}, default=default)


def post(id_: str, words: str = "hello", *channels: str, after: float = 0, **more) -> Post:
    body = (Paragraph((Text(words),)),) if words else ()
    when = PublishTime("2027-02-03T08:30", "Asia/Jakarta", DUE + timedelta(days=after))
    return Post(id_, f"posts/{id_}.md", id_, body, when, channels=channels or ("square",), **more)


ACCOUNTS = (account("square"),)


def made(*posts: Post, accounts=ACCOUNTS, bad=(), published=()):
    known = PlanningContext(accounts, {"square": PlanningChannel()}, lambda _p: PostPolicy(), {}, published)
    return build_plan(posts, bad, known)


def codes(problems) -> list[str]:
    return [problem.code for problem in problems]


@pytest.mark.parametrize(
    ("names", "requested", "expected"),
    [
        (["square"], ["square"], ["square"]),
        (["dinas"], ["square"], ["dinas"]),
        (["dinas"], ["square", "dinas"], ["dinas"]),
        (["a", "b"], ["b", "a"], ["b", "a"]),
    ],
)
def test_a_channel_means_its_only_account_and_a_name_itself(names, requested, expected):
    found, problems = made(post("p", "hello", *requested), accounts=tuple(map(account, names)))
    assert [row.account.name for row in found.rows] == sorted(expected)
    assert problems == []


def test_a_channel_with_several_accounts_means_its_default():
    both = (account("a"), account("b", default=True))
    found, _problems = made(post("p"), accounts=both)
    assert [row.account.name for row in found.rows] == ["b"]


def test_a_channel_with_several_accounts_and_no_default_is_ambiguous():
    found, problems = made(post("p"), accounts=(account("a"), account("b")))
    assert codes(problems) == ["ambiguous-channel"]
    assert [item.reason for item in found.held] == ["error"]


def test_an_unknown_name_is_reported_with_its_nearest():
    _found, problems = made(post("p", "hello", "sqare"))
    assert codes(problems) == ["unknown-channel"]
    assert "square" in problems[0].hint


def test_one_wrong_post_never_hides_the_others():
    found, problems = made(post("loud", "hey!"), post("fine"))
    assert codes(problems) == ["too-loud"]
    assert [row.post for row in found.rows] == ["fine"]
    assert [(item.post, item.reason) for item in found.held] == [("loud", "error")]


def test_an_error_while_reading_keeps_the_post_out():
    wrong = Problem("media-missing-file", "not there", file="posts/p.md")
    found, _problems = made(post("p"), bad=[wrong])
    assert found.rows == ()


def test_a_draft_is_warned_and_an_empty_one_is_ignored():
    found, problems = made(post("a", "hey!", draft=True), post("b", "", draft=True))
    assert [(p.code, p.is_error, p.file) for p in problems] == [("too-loud", False, "posts/a.md")]
    assert {item.reason for item in found.held} == {"draft"}


def test_duplicate_words_are_refused_on_the_later_post():
    found, problems = made(post("b", after=1), post("a"))
    assert codes(problems) == ["same-text"]
    assert problems[0].file == "posts/b.md"
    assert [row.post for row in found.rows] == ["a"]


def test_the_same_words_on_purpose_or_much_later_are_fine():
    again = post("b", after=1, repeats="a")
    later = post("c", after=40)
    found, problems = made(post("a"), again, later)
    assert problems == []
    assert len(found.rows) == 3


def test_what_was_published_lately_is_not_published_again_under_another_id():
    before, _ = made(post("a"))
    said = PublishedText("square", before.rows[0].rendition.hash, "old", DUE - timedelta(days=3))
    _found, problems = made(post("a"), published=[said])
    assert codes(problems) == ["same-text"]
    _found, problems = made(post("a"), published=[replace(said, post="a")])
    assert problems == []


def test_rows_are_in_the_order_of_their_time():
    found, _problems = made(post("b", "two", after=1), post("a", "one"))
    assert [row.post for row in found.rows] == ["a", "b"]
