"""The same post in two files, and a published post that came back."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from humaspost.model.account import Account
from humaspost.model.plan import PlanRow, PostHistory, PublishedPost
from humaspost.model.post import PublishTime
from humaspost.model.rendition import Part, Rendition
from humaspost.planning.already_published import find_published, is_similar
from humaspost.planning.same_post import find_twins

DUE = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
TEXT = "Jalan Sehat dimulai pukul 06.00 WIB di Alun-alun Kota Contoh, kumpul di pendapa."


def row(post: str, *, title: str = "Jalan Sehat", text: str = "", account: str = "x", **more) -> PlanRow:
    due = more.pop("due", DUE)
    rendition = Rendition("square", (Part(1, text or post),), more.pop("replies_to", None))
    when = PublishTime("2027-02-03T08:30", "Asia/Jakarta", due)
    return PlanRow(
        post, f"posts/{post}.md", title, "", Account(account, "square", {}), when, rendition, **more
    )


def public(post: str, *, text: str = TEXT, **more) -> PublishedPost:
    of = row(post, text=text, **more)
    return PublishedPost(post, of.file, of.title, of.account.name, of.due.utc, of.rendition.hash, text)


def history(*planned: str, started=(), published=()) -> PostHistory:
    return PostHistory({id_: f"posts/{id_}.md" for id_ in planned}, started, published)


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (history(), {"a", "b"}),
        (history("a"), {"b"}),
        (history("b"), {"a"}),
        (history("a", "b"), {"a", "b"}),
        (history("a", "b", started=("b",)), {"a"}),
        (history("a", "b", started=("a", "b")), set()),
    ],
)
def test_of_two_files_the_one_that_was_first_goes_on(known: PostHistory, expected: set[str]) -> None:
    assert set(find_twins([row("a"), row("b")], known)) == expected


@pytest.mark.parametrize(
    ("other", "is_twin"),
    [
        (row("b", title="  JALAN\u00a0sehat! "), True),
        (row("b", due=DUE + timedelta(seconds=20)), True),
        (row("b", title="Jalan Santai"), False),
        (row("b", due=DUE + timedelta(minutes=1)), False),
        (row("b", account="x_dua"), False),
        (row("b", repeats=("a",)), False),
    ],
)
def test_title_minute_and_account_make_the_same_post(other: PlanRow, is_twin: bool) -> None:
    assert ("b" in find_twins([row("a"), other], history("a"))) is is_twin


def test_repetitions_of_one_post_are_no_twins_of_each_other() -> None:
    rows = [row("a"), row("b", repeats=("a",)), row("c", repeats=("b", "a")), row("d")]
    assert set(find_twins(rows, history("a"))) == {"d"}


@pytest.mark.parametrize(
    ("new", "is_public"),
    [
        (row("new", text="Kata lain sama sekali."), True),  # title and minute
        (row("new", title="Lain", text=TEXT.replace("dimulai", "di mulai")), True),  # almost the text
        (row("new", title="Lain", text="Kata lain sama sekali."), False),
        (row("new", title="Lain", text=TEXT, due=DUE + timedelta(days=90)), True),  # exactly the text
        (row("new", text="Kata lain.", due=DUE + timedelta(minutes=1)), False),
        (row("new", text=TEXT, account="x_dua"), False),
        (row("new", text=TEXT, repeats=("old",)), False),
        (row("new", text=TEXT, replies_to="old"), False),
    ],
)
def test_a_published_post_without_a_file_is_recognised(new: PlanRow, is_public: bool) -> None:
    known = history("old", published=(public("old"),))
    assert ("new" in find_published([new], known)) is is_public


def test_a_post_that_the_ledger_has_is_not_asked_about() -> None:
    assert find_published([row("new", text=TEXT)], history("new", "old", published=(public("old"),))) == {}


def test_one_repetition_of_several_is_enough_to_name() -> None:
    known = history("a", "b", published=(public("a"), public("b")))
    assert set(find_published([row("new", text=TEXT)], known)) == {"new"}
    assert find_published([row("new", text=TEXT, repeats=("b",))], known) == {}


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_of_texts_has_no_exceptions(one: str, other: str) -> None:
    assert is_similar(TEXT + one, TEXT + one)
    assert isinstance(is_similar(one, other), bool)
    assert not is_similar(one, "")


@given(st.permutations(range(4)), st.sets(st.integers(0, 3)), st.sets(st.integers(0, 3)))
def test_twins_do_not_depend_on_the_order_of_files(order, planned, started) -> None:
    rows = [row(str(number)) for number in range(4)]
    known = history(*map(str, planned | started), started=frozenset(map(str, started)))
    found = set(find_twins([rows[number] for number in order], known))
    assert found == set(find_twins(rows, known))
    assert not found & set(known.started)
    # Whatever a person does not decide, at most one that has not begun goes on.
    assert len({one.post for one in rows} - found - set(known.started)) <= 1


def test_a_twin_keeps_its_place_in_no_other_plan() -> None:
    twins = find_twins([row("a"), row("b"), replace(row("c"), title="Lain")], history("a"))
    assert {post: other.post for post, (_row, other) in twins.items()} == {"b": "a"}
