"""Instagram before the sandbox, with real lanes and a real ledger: whatever is answered, it is live once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Row

from humaspost.channels.instagram import Instagram
from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.engine import Engine
from humaspost.delivery.events import Happened
from humaspost.ledger import accounts, database
from humaspost.ledger.deliveries import sync_plan, unknown_outcomes
from humaspost.ledger.queries import delivery_lists
from humaspost.model.account import Account
from humaspost.model.plan import Plan, PlanRow
from humaspost.model.post import When
from humaspost.model.rendition import Part, Rendition
from humaspost.policy.decide import decide
from humaspost.reports.plan_outlook import Coming
from humaspost.reports.quota_forecast import remembered, spread
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from humaspost.views.renditions import Shown
from tests.channels.instagram.conftest import opened
from tests.support.channel_context import jpeg
from tests.support.deadlines import SECOND

PUBLISH = "/media_publish$"
PUBLISHED_TWICE = ("duplicate", "same-id", "refused")


def published_by_a_person(conn: Connection, keys: list[str], *, now: datetime) -> int:
    return unknown_outcomes.say_published(conn, dict.fromkeys(keys, (None, None)), now=now)


@dataclass
class Gallery:
    """One Instagram account of an office; ``shift`` moves the office's clock, not the platform's."""

    sandbox: Sandbox
    folder: Path
    shift: timedelta = timedelta()
    told: list[Happened] = field(default_factory=list)
    rows: list[PlanRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sandbox.world.settings["instagram.processing_seconds"] = 0.0
        config, self.door = opened(self.sandbox, self.folder)
        self.account = Account("instagram", "instagram", config, "@kotacontoh")
        self.ledger = database.open_ledger(
            self.folder / "state", now=self.now() - timedelta(days=1), create=True
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def post(self, id_: str, text: str = "Halo warga.", *, colour: str = "navy", **more: Any) -> None:
        at = self.now() - timedelta(seconds=1)
        due = When(at.strftime("%Y-%m-%dT%H:%M"), "UTC", at)
        picture = self.door.add(jpeg(colour=colour), name=f"{colour}.jpg", alt="Gambar.")
        rendition = Rendition("instagram", (Part(1, text, (picture,), {"format": "feed"}),))
        self.rows.append(PlanRow(id_, f"posts/{id_}.md", id_, "", self.account, due, rendition, **more))

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        self.door.later = self.shift
        channel, plan = Instagram(), Plan(tuple(self.rows))
        self.ledger.write(lambda conn: sync_plan.schedule(conn, plan, now=self.now()))
        id_ = self.ledger.write(lambda conn: accounts.ensure(conn, self.account))
        rules = channel.rules(self.account.config)
        line = Line(self.account, id_, channel, rules, self.door)
        sender = Sender(self.ledger, "me", decide, self.now, frozenset({"instagram"}), tell=self.told.append)
        engine = Engine([line], sender)
        try:
            yield engine
        finally:
            engine.stop(within=15 * SECOND)

    def run(self) -> None:
        with self.engine() as engine:
            engine.start()
            assert engine.drain(patience=timedelta(seconds=0.5), deadline=30 * SECOND)

    def look(self, after: float) -> None:
        """The look that comes so many seconds after the first attempt is made; nothing is sent."""
        self.shift = timedelta(seconds=after)
        with self.engine() as engine:
            engine.look()

    def deliveries(self) -> list[Row[Any]]:
        with self.ledger.read() as conn:
            return list(delivery_lists.deliveries(conn))

    @property
    def one(self) -> Row[Any]:
        (row,) = self.deliveries()
        return row

    def outcomes(self) -> dict[str, tuple[str, str | None]]:
        return {row.post: (row.state, row.remote_id) for row in self.deliveries()}

    def asked(self, path: str) -> int:
        """How often the platform was asked to write there."""
        requests = self.sandbox.world.requests
        return sum(r["method"] == "POST" and r["path"].endswith(path) for r in requests)

    def live(self) -> list[Any]:
        return [o for o in self.sandbox.world.objects if o.channel == "instagram"]

    def order(self, fault: str, **values: Any) -> None:
        self.sandbox.faults.order(Fault(channel="instagram", path=PUBLISH, fault=fault, **values))

    def set(self, **switches: Any) -> None:
        self.sandbox.world.settings.update({f"instagram.{name}": value for name, value in switches.items()})


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    with Sandbox() as sandbox:
        made = Gallery(sandbox, tmp_path)
        yield made
        made.ledger.close()


def test_it_is_published_with_its_address(gallery: Gallery) -> None:
    gallery.post("a")
    gallery.run()
    assert gallery.one.state == "published"
    assert gallery.one.url == gallery.live()[0].extra["permalink"]
    (published,) = (h for h in gallery.told if h.kind == "published")
    assert published.url == gallery.one.url


def test_an_address_that_cannot_be_read_makes_no_difference(gallery: Gallery) -> None:
    unreadable = {"error": {"code": 100, "error_subcode": 33, "message": "does not exist"}}
    # The first such read is the look at the container.
    answer: dict[str, Any] = {"status": 400, "body": unreadable, "acted": False}
    gallery.sandbox.faults.order(
        Fault(channel="instagram", path=r"/v26.0/\d+$", method="GET", fault="status", skip=1, **answer)
    )
    gallery.post("a")
    gallery.run()
    assert (gallery.one.state, gallery.one.url) == ("published", None)
    assert gallery.one.remote_id == gallery.live()[0].id


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
@pytest.mark.parametrize("fault", ["drop-after", "garbage", "empty-2xx", "status"])
def test_a_lost_answer_is_never_a_second_post(gallery: Gallery, second: str, fault: str) -> None:
    gallery.set(second_publish=second)
    gallery.order(fault, **({"status": 502, "acted": True} if fault == "status" else {}))
    gallery.post("a")
    gallery.run()
    assert gallery.one.state == "unknown"
    gallery.look(6)
    gallery.run()
    assert (gallery.one.state, gallery.one.remote_id) == ("published", gallery.live()[0].id)
    assert len(gallery.live()) == 1
    assert gallery.one.url


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
def test_a_platform_that_shows_late_and_hides_captions_is_waited_for(gallery: Gallery, second: str) -> None:
    gallery.set(second_publish=second, published_lag=3600.0, hide_caption=True)
    gallery.order("drop-after")
    gallery.post("a")
    gallery.run()
    gallery.look(6)
    gallery.run()
    assert gallery.one.state == "unknown"
    gallery.set(published_lag=0.0)
    gallery.look(31)
    assert (gallery.one.state, gallery.one.remote_id) == ("published", gallery.live()[0].id)
    assert len(gallery.live()) == 1


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
def test_the_same_words_again_are_a_post_of_their_own(gallery: Gallery, second: str) -> None:
    gallery.set(second_publish=second)
    gallery.post("a")
    gallery.run()
    gallery.post("b", repeats="a")
    gallery.run()
    ids = {row.post: row.remote_id for row in gallery.deliveries()}
    assert [shown.id for shown in gallery.live()] == [ids["a"], ids["b"]]


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
def test_two_with_the_same_words_at_one_moment_have_a_container_each(gallery: Gallery, second: str) -> None:
    """They shared one, and the second was called published by what the first had made."""
    gallery.set(second_publish=second)
    gallery.post("a")
    gallery.post("b", repeats="a")
    gallery.run()
    live = [("published", shown.id) for shown in gallery.live()]
    assert len(live) == 2
    assert sorted(gallery.outcomes().values()) == sorted(live)


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_container_in_doubt_is_nobody_elses(gallery: Gallery, second: str, fault: str) -> None:
    gallery.set(second_publish=second)
    gallery.order(fault)
    gallery.post("a")
    gallery.run()
    gallery.post("b", repeats="a")
    gallery.run()
    gallery.look(6)
    was, now = gallery.outcomes()["a"], gallery.outcomes()["b"]
    ids = [shown.id for shown in gallery.live()]
    assert now == ("published", ids[-1])
    assert was == (("published", ids[0]) if fault == "drop-after" else ("unknown", None))
    assert len(ids) == (2 if fault == "drop-after" else 1)


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
@pytest.mark.parametrize(
    "says", [unknown_outcomes.say_cancel, published_by_a_person], ids=["cancel", "published"]
)
def test_what_a_person_settled_leaves_no_container_behind(
    gallery: Gallery, second: str, says: Callable[..., int]
) -> None:
    gallery.set(second_publish=second)
    gallery.order("drop-after")
    gallery.post("a")
    gallery.run()
    key = gallery.one.key
    gallery.ledger.write(lambda conn: says(conn, [key], now=gallery.now()))
    gallery.post("b", repeats="a")
    gallery.run()
    assert gallery.outcomes()["b"] == ("published", gallery.live()[1].id)
    assert len(gallery.live()) == 2


@pytest.mark.parametrize("how", ["ERROR", "EXPIRED"])
def test_what_is_proved_not_live_is_made_anew(gallery: Gallery, how: str) -> None:
    """The broken container was published again and again."""
    gallery.order("status", status=500, acted=False)
    gallery.post("a")
    gallery.run()
    for container in gallery.sandbox.platforms["instagram"].gallery.containers.values():
        container.error = "failed" if how == "ERROR" else container.error
        container.created_at -= timedelta(hours=25 if how == "EXPIRED" else 0)
    gallery.look(6)
    gallery.run()
    assert gallery.outcomes() == {"a": ("published", gallery.live()[0].id)}
    assert (gallery.asked("/media"), gallery.asked("/media_publish")) == (2, 2)


def test_what_was_refused_for_now_keeps_its_container(gallery: Gallery) -> None:
    gallery.order("status", status=400, body={"error": {"code": 4, "message": "limit"}}, acted=False)
    gallery.post("a")
    gallery.run()
    assert gallery.one.state == "scheduled"
    gallery.shift = timedelta(minutes=59)
    gallery.run()
    assert gallery.one.state == "published"
    assert gallery.asked("/media") == 1


def test_a_twin_with_another_picture_is_not_taken_for_the_lost_one(gallery: Gallery) -> None:
    """Both had the same words: the lost one was called published by the address of the other."""
    gallery.order("drop-before")
    gallery.post("a")
    gallery.run()
    gallery.post("b", colour="red")
    gallery.run()
    gallery.look(6)
    assert gallery.outcomes() == {"a": ("unknown", None), "b": ("published", gallery.live()[0].id)}


def test_a_post_that_is_live_and_called_spam_is_found_and_the_account_stops(gallery: Gallery) -> None:
    gallery.set(publish_then_spam_error=True)
    gallery.post("a")
    gallery.run()
    assert gallery.one.state == "unknown"
    with gallery.ledger.read() as conn:
        assert [(row.hold, row.hold_code) for row in accounts.every(conn)] == [("quota", "4/2207051")]
    gallery.look(6)
    assert (gallery.one.state, gallery.one.remote_id) == ("published", gallery.live()[0].id)
    assert len(gallery.live()) == 1


def test_a_restricted_account_publishes_nothing_and_waits_for_a_person(gallery: Gallery) -> None:
    gallery.set(restricted=True)
    gallery.post("a")
    gallery.run()
    assert (gallery.one.state, gallery.one.reason, gallery.one.code) == ("held", "login", "25/2207050")
    assert gallery.live() == []


def test_the_days_posts_are_as_many_as_the_platform_says(gallery: Gallery) -> None:
    gallery.set(quota_total=2)
    for n in range(3):
        gallery.post(f"p{n}", f"Halo {n}.")
    gallery.run()
    assert sorted(row.state for row in gallery.deliveries()) == ["published", "scheduled", "scheduled"]
    refused = [r for r in gallery.sandbox.world.requests if r["path"].endswith("/media_publish")]
    assert len(refused) == 1  # the office knew, and did not ask


def test_the_forecast_says_when_the_gate_lets_it_pass(gallery: Gallery) -> None:
    gallery.set(quota_total=3)
    for n in range(3):
        gallery.post(f"p{n}", f"Halo {n}.")
    gallery.run()
    (held,) = [row for row in gallery.deliveries() if row.state == "scheduled"]
    row = gallery.rows[-1]
    shown = Shown(gallery.account, row.rendition, Instagram().rules(gallery.account.config))
    now = gallery.now()
    with gallery.ledger.read() as conn:
        facts = {"instagram": accounts.facts_of(accounts.by_name(conn, "instagram"))}
        coming = Coming(row, shown, now, 1)
        past = remembered(conn, [coming], facts, now=now)
    assert len(past.uses["instagram", "containers"]) == 3
    (seen,) = spread([coming], facts, past=past, now=now)
    assert seen.waits == ("posts", held.not_before)


def test_containers_are_counted_and_not_begun_beyond_the_days(gallery: Gallery) -> None:
    gallery.post("a")
    gallery.run()
    with gallery.ledger.read() as conn:
        rows = conn.exec_driver_sql("select name, count(*) from quota_use group by name").all()
    assert {row[0]: row[1] for row in rows} == {"containers": 1, "posts": 1}


def test_a_login_near_its_end_is_renewed_though_nothing_is_due(gallery: Gallery) -> None:
    gallery.sandbox.world.now = gallery.now
    gallery.post("a")
    gallery.run()
    token = gallery.door.secret("access_token")
    for days, renewed in ((29, False), (31, True)):
        gallery.shift = timedelta(days=days)
        gallery.run()
        assert (gallery.door.secret("access_token") != token) is renewed
    with gallery.ledger.read() as conn:
        facts = accounts.facts_of(accounts.by_name(conn, "instagram"))
    assert facts is not None
    assert facts.expires_at is not None
    assert facts.expires_at > gallery.now() + timedelta(days=59)
