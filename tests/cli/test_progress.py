"""Which events a person sees who waits for one post."""

from humaspost.cli.progress import BLOCKING_KINDS


def test_only_what_makes_a_person_wait_is_displayed_beside_publish() -> None:
    assert {"problem", "limit", "login", "prepare-failed", "retry"} == BLOCKING_KINDS
