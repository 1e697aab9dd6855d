"""Many files that vanish at once: the last plan stands, and the ledger knows which posts go out by it."""

from dataclasses import replace
from datetime import timedelta

from humaspost.ledger.posts import decisions
from humaspost.ledger.posts.vanished_posts import load_vanished
from humaspost.model.account import Account
from humaspost.model.delivery import State
from tests.support.ledger_office import OTHER, Office


def vanished(office: Office) -> set[str]:
    """Return the posts that the ledger has as vanished at once."""
    with office.ledger.read() as conn:
        return set(load_vanished(conn))


def lose(office: Office, count: int, *, of: int) -> list:
    """Plan posts, and lose the files of some of them; return all rows."""
    for number in range(of):
        office.plan(f"p{number}")
    rows, office.rows = office.rows, office.rows[count:]
    office.sync()
    return rows


def test_the_ledger_has_their_ids_until_they_are_back(office: Office) -> None:
    rows = lose(office, 3, of=5)
    assert vanished(office) == {"p0", "p1", "p2"}
    office.rows = rows
    office.sync()
    assert vanished(office) == set()
    assert set(office.states().values()) == {"scheduled"}


def test_a_missing_folder_counts_even_for_one_post(office: Office) -> None:
    office.plan("a")
    office.rows = []
    office.sync(folder_missing=True)
    assert vanished(office) == {"a"}


def test_what_is_over_needs_no_file(office: Office) -> None:
    lose(office, 3, of=5)
    for post in ("p0", "p1", "p2"):
        office.put(office.key(post), State.PUBLISHED, published_at=office.now)
    office.sync()
    assert vanished(office) == set()


def test_the_files_that_are_there_are_followed_and_no_new_ones(office: Office) -> None:
    lose(office, 3, of=5)
    office.rows[0] = replace(office.rows[0], account=OTHER)
    result = office.plan("new")
    assert (result.new, result.changed, result.vanished) == (("p3",), ("p3",), ("p0", "p1", "p2"))
    states = office.states()
    assert "new/1" not in states
    assert states["p0/1"] == "scheduled"


def test_an_edit_of_a_file_that_is_there_is_followed(office: Office) -> None:
    lose(office, 3, of=5)
    due = office.rows[0].due
    office.plan("p3", "mended", due=replace(due, utc=due.utc + timedelta(hours=1)))
    assert [row.post for row in office.claim()] == ["p0", "p1", "p2", "p4"]


def test_another_account_is_no_vanished_post(office: Office) -> None:
    for number in range(4):
        office.plan(f"p{number}")
    moved = Account("dinas", "square", {}, "@dinas")
    office.rows = [replace(row, account=moved) for row in office.rows]
    assert office.sync().vanished == ()


def test_a_cancelled_post_with_a_new_date_is_not_waited_for(office: Office) -> None:
    """Its cancel stays, so nothing of it goes out by the last plan."""
    office.enlist(["1", "2"])
    office.plan("a", people=True)
    office.ledger.write(lambda conn: decisions.cancel(conn, "a", account=None, now=office.now))
    due = office.rows[0].due
    office.plan("a", people=True, due=replace(due, utc=due.utc + timedelta(hours=1)))
    office.rows = []
    office.sync(folder_missing=True)
    assert vanished(office) == set()
