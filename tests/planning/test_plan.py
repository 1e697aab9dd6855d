"""Which accounts a post means, what a draft is told, and what may not be said twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from humaspost.model.account import Account
from humaspost.model.document import Paragraph, Text
from humaspost.model.plan import PostHistory, PostPolicy, PublishedText
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


def test_a_post_may_repeat_a_post_that_repeats_another():
    weekly = [post("w-1"), post("w-2", after=7, repeats="w-1"), post("w-3", after=14, repeats="w-2")]
    found, problems = made(*weekly)
    assert problems == []
    assert {row.post: row.repeats for row in found.rows} == {
        "w-1": (),
        "w-2": ("w-1",),
        "w-3": ("w-2", "w-1"),
    }


def test_the_hint_names_the_newest_of_several_so_that_it_ends_the_problem():
    weekly = [post("w-1"), post("w-2", after=7, repeats="w-1"), post("w-3", after=14)]
    _found, problems = made(*weekly)
    assert [(p.file, p.hint) for p in problems] == [("posts/w-3.md", "on purpose? write: repeats: w-2")]


def test_posts_that_repeat_each_other_have_an_end():
    found, _problems = made(post("a", repeats="b"), post("b", "two", after=1, repeats="a"))
    assert {row.post: row.repeats for row in found.rows} == {"a": ("b", "a"), "b": ("a", "b")}


def said(name: str, *, ago: float, repeats: tuple[str, ...] = ()) -> PublishedText:
    """Return that the post with the common text was published so many days before it is due here."""
    digest = made(post("a"))[0].rows[0].rendition.hash
    return PublishedText("square", digest, name, DUE - timedelta(days=ago), repeats)


def test_a_post_that_has_begun_is_no_error_because_of_a_later_one():
    found, problems = made(post("w-1"), published=[said("w-1", ago=0), said("w-2", ago=-1)])
    assert (codes(problems), len(found.rows)) == ([], 1)
    known = PlanningContext(
        ACCOUNTS,
        {"square": PlanningChannel()},
        lambda _p: PostPolicy(),
        {},
        [said("w-2", ago=-1)],
        history=PostHistory(started=frozenset({"w-1"})),
    )
    assert build_plan([post("w-1")], (), known)[1] == []


def test_a_post_that_is_repeated_on_purpose_is_no_error_even_if_the_other_went_first():
    _found, problems = made(post("w-1"), published=[said("w-2", ago=0, repeats=("w-1",))])
    assert problems == []


def test_the_chain_goes_on_through_a_published_post_whose_file_is_gone():
    published = [said("w-1", ago=14), said("w-2", ago=7, repeats=("w-1",))]
    found, problems = made(post("w-3", repeats="w-2"), published=published)
    assert (problems, found.rows[0].repeats) == ([], ("w-2", "w-1"))
