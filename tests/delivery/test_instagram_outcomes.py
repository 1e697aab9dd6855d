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
from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.engine import Engine
from humaspost.delivery.events import DeliveryEvent
from humaspost.ledger import accounts, database
from humaspost.ledger.deliveries import sync_plan, unknown_outcomes
from humaspost.ledger.queries import delivery_lists
from humaspost.model.account import Account
from humaspost.model.plan import Plan, PlanRow
from humaspost.model.post import PublishTime
from humaspost.model.rendition import Part, Rendition
from humaspost.policy.decide import decide
from humaspost.reports.plan_outlook import Upcoming
from humaspost.reports.quota_forecast import distribute, recent_usage
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from humaspost.views.renditions import RenditionPreview
from tests.channels.instagram.conftest import opened
from tests.support.channel_context import jpeg
from tests.support.deadlines import SECOND

PUBLISH = "/media_publish$"
PUBLISHED_TWICE = ("duplicate", "same-id", "refused")


def published_by_a_person(conn: Connection, keys: list[str], *, now: datetime) -> int:
    return unknown_outcomes.confirm_published(conn, dict.fromkeys(keys, (None, None)), now=now)


@dataclass
class InstagramHarness:
    """One Instagram account of an office; ``shift`` moves the office's clock, not the platform's."""

    sandbox: Sandbox
    folder: Path
    shift: timedelta = timedelta()
    events: list[DeliveryEvent] = field(default_factory=list)
    rows: list[PlanRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.sandbox.state.settings["instagram.processing_seconds"] = 0.0
        config, self.context = opened(self.sandbox, self.folder)
        self.account = Account("instagram", "instagram", config, "@kotacontoh")
        self.ledger = database.open_ledger(
            self.folder / "state", now=self.now() - timedelta(days=1), create=True
        )

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def post(self, id_: str, text: str = "Halo warga.", *, colour: str = "navy", **more: Any) -> None:
        at = self.now() - timedelta(seconds=1)
        due = PublishTime(at.strftime("%Y-%m-%dT%H:%M"), "UTC", at)
        picture = self.context.add(jpeg(colour=colour), name=f"{colour}.jpg", alt="Gambar.")
        rendition = Rendition("instagram", (Part(1, text, (picture,), {"format": "feed"}),))
        self.rows.append(PlanRow(id_, f"posts/{id_}.md", id_, "", self.account, due, rendition, **more))

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        self.context.later = self.shift
        channel, plan = Instagram(), Plan(tuple(self.rows))
        self.ledger.write(lambda conn: sync_plan.sync(conn, plan, now=self.now()))
        id_ = self.ledger.write(lambda conn: accounts.ensure_account(conn, self.account))
        rules = channel.rules(self.account.config)
        line = AccountSession(self.account, id_, channel, rules, self.context)
        sender = SenderContext(
            self.ledger, "me", decide, self.now, frozenset({"instagram"}), emit=self.events.append
        )
        engine = Engine([line], sender)
        try:
            yield engine
        finally:
            engine.stop(timeout=15 * SECOND)

    def run(self) -> None:
        with self.engine() as engine:
            engine.start()
            assert engine.drain(idle_for=timedelta(seconds=0.5), deadline=30 * SECOND)

    def run_lookups(self, after: float) -> None:
        """The look that comes so many seconds after the first attempt is made; nothing is sent."""
        self.shift = timedelta(seconds=after)
        with self.engine() as engine:
            engine.check_unknown()

    def deliveries(self) -> list[Row[Any]]:
        with self.ledger.read() as conn:
            return list(delivery_lists.list_deliveries(conn))

    @property
    def only_delivery(self) -> Row[Any]:
        (row,) = self.deliveries()
        return row

    def outcomes(self) -> dict[str, tuple[str, str | None]]:
        return {row.post: (row.state, row.remote_id) for row in self.deliveries()}

    def count_writes(self, path: str) -> int:
        """How often the platform was asked to write there."""
        requests = self.sandbox.state.requests
        return sum(r["method"] == "POST" and r["path"].endswith(path) for r in requests)

    def public_objects(self) -> list[Any]:
        return [o for o in self.sandbox.state.objects if o.channel == "instagram"]

    def inject_fault(self, fault: str, **values: Any) -> None:
        self.sandbox.faults.add(Fault(channel="instagram", path=PUBLISH, fault=fault, **values))

    def set_options(self, **switches: Any) -> None:
        self.sandbox.state.settings.update({f"instagram.{name}": value for name, value in switches.items()})


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[InstagramHarness]:
    with Sandbox() as sandbox:
        made = InstagramHarness(sandbox, tmp_path)
        yield made
        made.ledger.close()


def test_it_is_published_with_its_address(gallery: InstagramHarness) -> None:
    gallery.post("a")
    gallery.run()
    assert gallery.only_delivery.state == "published"
    assert gallery.only_delivery.url == gallery.public_objects()[0].extra["permalink"]
    (published,) = (h for h in gallery.events if h.kind == "published")
    assert published.url == gallery.only_delivery.url


def test_an_address_that_cannot_be_read_makes_no_difference(gallery: InstagramHarness) -> None:
    unreadable = {"error": {"code": 100, "error_subcode": 33, "message": "does not exist"}}
    # The first such read is the look at the container.
    answer: dict[str, Any] = {"status": 400, "body": unreadable, "acted": False}
    gallery.sandbox.faults.add(
        Fault(channel="instagram", path=r"/v26.0/\d+$", method="GET", fault="status", skip=1, **answer)
    )
    gallery.post("a")
    gallery.run()
    assert (gallery.only_delivery.state, gallery.only_delivery.url) == ("published", None)
    assert gallery.only_delivery.remote_id == gallery.public_objects()[0].id


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
@pytest.mark.parametrize("fault", ["drop-after", "garbage", "empty-2xx", "status"])
def test_a_lost_answer_is_never_a_second_post(gallery: InstagramHarness, second: str, fault: str) -> None:
    gallery.set_options(second_publish=second)
    gallery.inject_fault(fault, **({"status": 502, "acted": True} if fault == "status" else {}))
    gallery.post("a")
    gallery.run()
    assert gallery.only_delivery.state == "unknown"
    gallery.run_lookups(6)
    gallery.run()
    assert (gallery.only_delivery.state, gallery.only_delivery.remote_id) == (
        "published",
        gallery.public_objects()[0].id,
    )
    assert len(gallery.public_objects()) == 1
    assert gallery.only_delivery.url


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
def test_a_platform_that_shows_late_and_hides_captions_is_waited_for(
    gallery: InstagramHarness, second: str
) -> None:
    gallery.set_options(second_publish=second, published_lag=3600.0, hide_caption=True)
    gallery.inject_fault("drop-after")
    gallery.post("a")
    gallery.run()
    gallery.run_lookups(6)
    gallery.run()
    assert gallery.only_delivery.state == "unknown"
    gallery.set_options(published_lag=0.0)
    gallery.run_lookups(31)
    assert (gallery.only_delivery.state, gallery.only_delivery.remote_id) == (
        "published",
        gallery.public_objects()[0].id,
    )
    assert len(gallery.public_objects()) == 1


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
def test_the_same_words_again_are_a_post_of_their_own(gallery: InstagramHarness, second: str) -> None:
    gallery.set_options(second_publish=second)
    gallery.post("a")
    gallery.run()
    gallery.post("b", repeats="a")
    gallery.run()
    ids = {row.post: row.remote_id for row in gallery.deliveries()}
    assert [shown.id for shown in gallery.public_objects()] == [ids["a"], ids["b"]]


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
def test_two_with_the_same_words_at_one_moment_have_a_container_each(
    gallery: InstagramHarness, second: str
) -> None:
    """They shared one, and the second was called published by what the first had made."""
    gallery.set_options(second_publish=second)
    gallery.post("a")
    gallery.post("b", repeats="a")
    gallery.run()
    live = [("published", shown.id) for shown in gallery.public_objects()]
    assert len(live) == 2
    assert sorted(gallery.outcomes().values()) == sorted(live)


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_container_in_doubt_is_nobody_elses(gallery: InstagramHarness, second: str, fault: str) -> None:
    gallery.set_options(second_publish=second)
    gallery.inject_fault(fault)
    gallery.post("a")
    gallery.run()
    gallery.post("b", repeats="a")
    gallery.run()
    gallery.run_lookups(6)
    was, now = gallery.outcomes()["a"], gallery.outcomes()["b"]
    ids = [shown.id for shown in gallery.public_objects()]
    assert now == ("published", ids[-1])
    assert was == (("published", ids[0]) if fault == "drop-after" else ("unknown", None))
    assert len(ids) == (2 if fault == "drop-after" else 1)


@pytest.mark.parametrize("second", PUBLISHED_TWICE)
@pytest.mark.parametrize(
    "says", [unknown_outcomes.cancel, published_by_a_person], ids=["cancel", "published"]
)
def test_what_a_person_settled_leaves_no_container_behind(
    gallery: InstagramHarness, second: str, says: Callable[..., int]
) -> None:
    gallery.set_options(second_publish=second)
    gallery.inject_fault("drop-after")
    gallery.post("a")
    gallery.run()
    key = gallery.only_delivery.key
    gallery.ledger.write(lambda conn: says(conn, [key], now=gallery.now()))
    gallery.post("b", repeats="a")
    gallery.run()
    assert gallery.outcomes()["b"] == ("published", gallery.public_objects()[1].id)
    assert len(gallery.public_objects()) == 2


@pytest.mark.parametrize("how", ["ERROR", "EXPIRED"])
def test_what_is_proved_not_live_is_made_anew(gallery: InstagramHarness, how: str) -> None:
    """The broken container was published again and again."""
    gallery.inject_fault("status", status=500, acted=False)
    gallery.post("a")
    gallery.run()
    for container in gallery.sandbox.platforms["instagram"].gallery.containers.values():
        container.error = "failed" if how == "ERROR" else container.error
        container.created_at -= timedelta(hours=25 if how == "EXPIRED" else 0)
    gallery.run_lookups(6)
    gallery.run()
    assert gallery.outcomes() == {"a": ("published", gallery.public_objects()[0].id)}
    assert (gallery.count_writes("/media"), gallery.count_writes("/media_publish")) == (2, 2)


def test_what_was_refused_for_now_keeps_its_container(gallery: InstagramHarness) -> None:
    gallery.inject_fault("status", status=400, body={"error": {"code": 4, "message": "limit"}}, acted=False)
    gallery.post("a")
    gallery.run()
    assert gallery.only_delivery.state == "scheduled"
    gallery.shift = timedelta(minutes=59)
    gallery.run()
    assert gallery.only_delivery.state == "published"
    assert gallery.count_writes("/media") == 1


def test_a_twin_with_another_picture_is_not_taken_for_the_lost_one(gallery: InstagramHarness) -> None:
    """Both had the same words: the lost one was called published by the address of the other."""
    gallery.inject_fault("drop-before")
    gallery.post("a")
    gallery.run()
    gallery.post("b", colour="red")
    gallery.run()
    gallery.run_lookups(6)
    assert gallery.outcomes() == {"a": ("unknown", None), "b": ("published", gallery.public_objects()[0].id)}


def test_a_post_that_is_live_and_called_spam_is_found_and_the_account_stops(
    gallery: InstagramHarness,
) -> None:
    gallery.set_options(publish_then_spam_error=True)
    gallery.post("a")
    gallery.run()
    assert gallery.only_delivery.state == "unknown"
    with gallery.ledger.read() as conn:
        assert [(row.hold, row.hold_code) for row in accounts.list_accounts(conn)] == [("quota", "4/2207051")]
    gallery.run_lookups(6)
    assert (gallery.only_delivery.state, gallery.only_delivery.remote_id) == (
        "published",
        gallery.public_objects()[0].id,
    )
    assert len(gallery.public_objects()) == 1


def test_a_restricted_account_publishes_nothing_and_waits_for_a_person(gallery: InstagramHarness) -> None:
    gallery.set_options(restricted=True)
    gallery.post("a")
    gallery.run()
    assert (gallery.only_delivery.state, gallery.only_delivery.reason, gallery.only_delivery.code) == (
        "held",
        "login",
        "25/2207050",
    )
    assert gallery.public_objects() == []


def test_the_days_posts_are_as_many_as_the_platform_says(gallery: InstagramHarness) -> None:
    gallery.set_options(quota_total=2)
    for n in range(3):
        gallery.post(f"p{n}", f"Halo {n}.")
    gallery.run()
    assert sorted(row.state for row in gallery.deliveries()) == ["published", "scheduled", "scheduled"]
    refused = [r for r in gallery.sandbox.state.requests if r["path"].endswith("/media_publish")]
    assert len(refused) == 1  # the office knew, and did not ask


def test_the_forecast_says_when_the_gate_lets_it_pass(gallery: InstagramHarness) -> None:
    gallery.set_options(quota_total=3)
    for n in range(3):
        gallery.post(f"p{n}", f"Halo {n}.")
    gallery.run()
    (held,) = [row for row in gallery.deliveries() if row.state == "scheduled"]
    row = gallery.rows[-1]
    shown = RenditionPreview(gallery.account, row.rendition, Instagram().rules(gallery.account.config))
    now = gallery.now()
    with gallery.ledger.read() as conn:
        facts = {"instagram": accounts.status_from_row(accounts.get_by_name(conn, "instagram"))}
        coming = Upcoming(row, shown, now, 1)
        past = recent_usage(conn, [coming], facts, now=now)
    assert len(past.used_at["instagram", "containers"]) == 3
    (seen,) = distribute([coming], facts, recent=past, now=now)
    assert seen.quota_wait == ("posts", held.not_before)


def test_containers_are_counted_and_not_begun_beyond_the_days(gallery: InstagramHarness) -> None:
    gallery.post("a")
    gallery.run()
    with gallery.ledger.read() as conn:
        rows = conn.exec_driver_sql("select name, count(*) from quota_use group by name").all()
    assert {row[0]: row[1] for row in rows} == {"containers": 1, "posts": 1}


def test_a_login_near_its_end_is_renewed_though_nothing_is_due(gallery: InstagramHarness) -> None:
    gallery.sandbox.state.now = gallery.now
    gallery.post("a")
    gallery.run()
    token = gallery.context.secret("access_token")
    for days, renewed in ((29, False), (31, True)):
        gallery.shift = timedelta(days=days)
        gallery.run()
        assert (gallery.context.secret("access_token") != token) is renewed
    with gallery.ledger.read() as conn:
        facts = accounts.status_from_row(accounts.get_by_name(conn, "instagram"))
    assert facts is not None
    assert facts.expires_at is not None
    assert facts.expires_at > gallery.now() + timedelta(days=59)
