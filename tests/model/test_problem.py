"""Where a problem of a channel's key is shown."""

from humaspost.model.post import Post
from humaspost.model.problem import Position, Problem

_POSITIONS = {
    "id": Position(2, 5),
    "x": Position(3, 1),
    "humas_x.text": Position(7, 9),
    "body": Position(12, 1),
}


def _position_of(own: dict[str, dict[str, str]], field: str) -> Problem:
    post = Post(id="p", file="posts/p.md", title="T", body=(), channel_keys=own, positions=_POSITIONS)
    return post.locate(Problem("too-long", "", field=field))


def test_a_text_that_stands_under_an_account_is_reported_there() -> None:
    problem = _position_of({"humas_x": {"text": "…"}}, "x.text")
    assert (problem.position, problem.field) == (Position(7, 9), "humas_x.text")


def test_a_text_that_is_the_body_is_reported_there() -> None:
    problem = _position_of({}, "x.text")
    assert (problem.position, problem.field) == (Position(12, 1), "body")


def test_another_key_is_reported_at_the_nearest_above() -> None:
    problem = _position_of({}, "x.poll.options")
    assert (problem.position, problem.field) == (Position(3, 1), "x.poll.options")
