"""Which of a post's keys and media belong to one account."""

from pathlib import Path

from humaspost.model.post import MediaFacts, MediaKind, Medium, Post
from humaspost.model.rendition import attachments_for

_DETAILS = MediaFacts(MediaKind.IMAGE, "image/jpeg", "ab" * 32, 1000, 1080, 1080)


def _medium(index: int, *only: str, probed: bool = True) -> Medium:
    path = Path("/office/posts/2027/media") / f"{index}.jpg"
    return Medium(f"media/{index}.jpg", path, index, only_for=only, facts=_DETAILS if probed else None)


def _post(**values: object) -> Post:
    return Post(id="p", file="posts/2027/p.md", title="T", body=(), **values)  # type: ignore[arg-type]


def test_the_accounts_keys_win_over_the_channels_key_by_key() -> None:
    post = _post(channel_keys={"instagram": {"text": "a", "format": "feed"}, "ig_two": {"text": "b"}})
    assert post.keys_for("instagram", "ig_two") == {"text": "b", "format": "feed"}
    assert post.keys_for("instagram", "ig_one") == {"text": "a", "format": "feed"}


def test_only_names_a_channel_or_an_account() -> None:
    post = _post(media=(_medium(0), _medium(1, "x"), _medium(2, "ig_two"), _medium(3, "instagram")))
    assert [m.index for m in post.media_for("instagram", "ig_two")] == [0, 2, 3]
    assert [m.index for m in post.media_for("instagram", "ig_one")] == [0, 3]


def test_attachments_lie_below_the_post_and_were_probed() -> None:
    shown = attachments_for(_post(media=(_medium(0), _medium(1, probed=False))), channel="x", account="x")
    assert [item.path for item in shown] == ["posts/2027/media/0.jpg"]
