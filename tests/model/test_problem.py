"""Where a problem of a channel's key is shown."""

from humaspost.model.post import Post
from humaspost.model.problem import Place, Problem

_PLACES = {"id": Place(2, 5), "x": Place(3, 1), "humas_x.text": Place(7, 9), "body": Place(12, 1)}


def _placed(own: dict[str, dict[str, str]], field: str) -> Problem:
    post = Post(id="p", file="posts/p.md", title="T", body=(), own=own, places=_PLACES)
    return post.place(Problem("too-long", "", field=field))


def test_a_text_that_stands_under_an_account_is_shown_there() -> None:
    problem = _placed({"humas_x": {"text": "…"}}, "x.text")
    assert (problem.place, problem.field) == (Place(7, 9), "humas_x.text")


def test_a_text_that_is_the_body_is_shown_there() -> None:
    problem = _placed({}, "x.text")
    assert (problem.place, problem.field) == (Place(12, 1), "body")


def test_another_key_is_shown_at_the_nearest_above() -> None:
    problem = _placed({}, "x.poll.options")
    assert (problem.place, problem.field) == (Place(3, 1), "x.poll.options")
