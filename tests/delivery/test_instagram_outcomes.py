"""Instagram before the sandbox, with real lanes and a real ledger: whatever is answered, it is live once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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
from humaspost.ledger.deliveries import unknown_outcomes
from humaspost.ledger.posts import sync_plan
from humaspost.ledger.queries import delivery_lists
from humaspost.model.account import Account
from humaspost.model.plan import Plan, PlanRow
from humaspost.model.post import PublishTime
from humaspost.model.rendition import Part, Rendition
from humaspost.policy import lateness
from humaspost.policy.decide import decide
from humaspost.policy.eligibility import check_recipient
from humaspost.reports.forecasts.plan_outlook import Upcoming
from humaspost.reports.forecasts.quota_forecast import distribute, recent_usage
from humaspost.reports.renditions_of_post import RenditionPreview
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from tests.channels.instagram.conftest import opened
from tests.support.channel_context import jpeg
from tests.support.deadlines import SECOND

PUBLISH = "/media_publish$"
SECOND_PUBLISH_ANSWERS = ("duplicate", "same-id", "refused")


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
        self.ledger.write(lambda conn: sync_plan.sync(conn, plan, verdict=lateness.verdict, now=self.now()))
        id_ = self.ledger.write(lambda conn: accounts.ensure_account(conn, self.account))
        rules = channel.rules(self.account.config)
        line = AccountSession(self.account, id_, channel, rules, self.context)
        sender = SenderContext(
            self.ledger,
            "me",
            decide,
            check_recipient,
            self.now,
            frozenset({"instagram"}),
            emit=self.events.append,
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
def instagram_harness(tmp_path: Path) -> Iterator[InstagramHarness]:
    with Sandbox() as sandbox:
        made = InstagramHarness(sandbox, tmp_path)
        yield made
        made.ledger.close()


def test_it_is_published_with_its_address(instagram_harness: InstagramHarness) -> None:
    instagram_harness.post("a")
    instagram_harness.run()
    assert instagram_harness.only_delivery.state == "published"
    assert instagram_harness.only_delivery.url == instagram_harness.public_objects()[0].extra["permalink"]
    (published,) = (h for h in instagram_harness.events if h.kind == "published")
    assert published.url == instagram_harness.only_delivery.url


def test_an_unreadable_address_makes_no_difference(instagram_harness: InstagramHarness) -> None:
    unreadable = {"error": {"code": 100, "error_subcode": 33, "message": "does not exist"}}
    # The first such read is the look at the container.
    answer: dict[str, Any] = {"status": 400, "body": unreadable, "acted": False}
    instagram_harness.sandbox.faults.add(
        Fault(channel="instagram", path=r"/v26.0/\d+$", method="GET", fault="status", skip=1, **answer)
    )
    instagram_harness.post("a")
    instagram_harness.run()
    assert (instagram_harness.only_delivery.state, instagram_harness.only_delivery.url) == ("published", None)
    assert instagram_harness.only_delivery.remote_id == instagram_harness.public_objects()[0].id


@pytest.mark.parametrize("second", SECOND_PUBLISH_ANSWERS)
@pytest.mark.parametrize("fault", ["drop-after", "garbage", "empty-2xx", "status"])
def test_a_lost_answer_is_never_a_second_post(
    instagram_harness: InstagramHarness, second: str, fault: str
) -> None:
    instagram_harness.set_options(second_publish=second)
    instagram_harness.inject_fault(fault, **({"status": 502, "acted": True} if fault == "status" else {}))
    instagram_harness.post("a")
    instagram_harness.run()
    assert instagram_harness.only_delivery.state == "unknown"
    instagram_harness.run_lookups(6)
    instagram_harness.run()
    assert (instagram_harness.only_delivery.state, instagram_harness.only_delivery.remote_id) == (
        "published",
        instagram_harness.public_objects()[0].id,
    )
    assert len(instagram_harness.public_objects()) == 1
    assert instagram_harness.only_delivery.url


@pytest.mark.parametrize("second", SECOND_PUBLISH_ANSWERS)
def test_a_platform_that_shows_late_and_hides_captions_is_waited_for(
    instagram_harness: InstagramHarness, second: str
) -> None:
    instagram_harness.set_options(second_publish=second, published_lag=3600.0, hide_caption=True)
    instagram_harness.inject_fault("drop-after")
    instagram_harness.post("a")
    instagram_harness.run()
    instagram_harness.run_lookups(6)
    instagram_harness.run()
    assert instagram_harness.only_delivery.state == "unknown"
    instagram_harness.set_options(published_lag=0.0)
    instagram_harness.run_lookups(31)
    assert (instagram_harness.only_delivery.state, instagram_harness.only_delivery.remote_id) == (
        "published",
        instagram_harness.public_objects()[0].id,
    )
    assert len(instagram_harness.public_objects()) == 1


@pytest.mark.parametrize("second", SECOND_PUBLISH_ANSWERS)
def test_the_same_words_again_are_a_post_of_their_own(
    instagram_harness: InstagramHarness, second: str
) -> None:
    instagram_harness.set_options(second_publish=second)
    instagram_harness.post("a")
    instagram_harness.run()
    instagram_harness.post("b", repeats=("a",))
    instagram_harness.run()
    ids = {row.post: row.remote_id for row in instagram_harness.deliveries()}
    assert [shown.id for shown in instagram_harness.public_objects()] == [ids["a"], ids["b"]]


@pytest.mark.parametrize("second", SECOND_PUBLISH_ANSWERS)
def test_two_with_the_same_words_at_one_time_have_a_container_each(
    instagram_harness: InstagramHarness, second: str
) -> None:
    """They shared one, and the second was called published by what the first had made."""
    instagram_harness.set_options(second_publish=second)
    instagram_harness.post("a")
    instagram_harness.post("b", repeats=("a",))
    instagram_harness.run()
    live = [("published", shown.id) for shown in instagram_harness.public_objects()]
    assert len(live) == 2
    assert sorted(instagram_harness.outcomes().values()) == sorted(live)


@pytest.mark.parametrize("second", SECOND_PUBLISH_ANSWERS)
@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_a_container_of_an_unknown_outcome_belongs_to_no_other_delivery(
    instagram_harness: InstagramHarness, second: str, fault: str
) -> None:
    instagram_harness.set_options(second_publish=second)
    instagram_harness.inject_fault(fault)
    instagram_harness.post("a")
    instagram_harness.run()
    instagram_harness.post("b", repeats=("a",))
    instagram_harness.run()
    instagram_harness.run_lookups(6)
    was, now = instagram_harness.outcomes()["a"], instagram_harness.outcomes()["b"]
    ids = [shown.id for shown in instagram_harness.public_objects()]
    assert now == ("published", ids[-1])
    assert was == (("published", ids[0]) if fault == "drop-after" else ("unknown", None))
    assert len(ids) == (2 if fault == "drop-after" else 1)


@pytest.mark.parametrize("second", SECOND_PUBLISH_ANSWERS)
@pytest.mark.parametrize(
    "settle", [unknown_outcomes.cancel, published_by_a_person], ids=["cancel", "published"]
)
def test_a_delivery_that_a_person_settled_keeps_no_container(
    instagram_harness: InstagramHarness, second: str, settle: Callable[..., int]
) -> None:
    instagram_harness.set_options(second_publish=second)
    instagram_harness.inject_fault("drop-after")
    instagram_harness.post("a")
    instagram_harness.run()
    key = instagram_harness.only_delivery.key
    instagram_harness.ledger.write(lambda conn: settle(conn, [key], now=instagram_harness.now()))
    instagram_harness.post("b", repeats=("a",))
    instagram_harness.run()
    assert instagram_harness.outcomes()["b"] == ("published", instagram_harness.public_objects()[1].id)
    assert len(instagram_harness.public_objects()) == 2


@pytest.mark.parametrize("how", ["ERROR", "EXPIRED"])
def test_what_is_proved_not_live_is_made_again(instagram_harness: InstagramHarness, how: str) -> None:
    """The broken container was published again and again."""
    instagram_harness.inject_fault("status", status=500, acted=False)
    instagram_harness.post("a")
    instagram_harness.run()
    for container in instagram_harness.sandbox.platforms["instagram"].media_store.containers.values():
        container.error = "failed" if how == "ERROR" else container.error
        container.created_at -= timedelta(hours=25 if how == "EXPIRED" else 0)
    instagram_harness.run_lookups(6)
    instagram_harness.run()
    assert instagram_harness.outcomes() == {"a": ("published", instagram_harness.public_objects()[0].id)}
    assert (instagram_harness.count_writes("/media"), instagram_harness.count_writes("/media_publish")) == (
        2,
        2,
    )


def test_what_was_refused_for_now_keeps_its_container(instagram_harness: InstagramHarness) -> None:
    instagram_harness.inject_fault(
        "status", status=400, body={"error": {"code": 4, "message": "limit"}}, acted=False
    )
    instagram_harness.post("a")
    instagram_harness.run()
    assert instagram_harness.only_delivery.state == "scheduled"
    instagram_harness.shift = timedelta(minutes=59)
    instagram_harness.run()
    assert instagram_harness.only_delivery.state == "published"
    assert instagram_harness.count_writes("/media") == 1


def test_a_twin_with_another_picture_is_not_taken_for_the_lost_one(
    instagram_harness: InstagramHarness,
) -> None:
    """Both had the same words: the lost one was called published by the address of the other."""
    instagram_harness.inject_fault("drop-before")
    instagram_harness.post("a")
    instagram_harness.run()
    instagram_harness.post("b", colour="red")
    instagram_harness.run()
    instagram_harness.run_lookups(6)
    assert instagram_harness.outcomes() == {
        "a": ("unknown", None),
        "b": ("published", instagram_harness.public_objects()[0].id),
    }


def test_a_post_that_is_live_and_called_spam_is_matched_and_the_account_stops(
    instagram_harness: InstagramHarness,
) -> None:
    instagram_harness.set_options(publish_then_spam_error=True)
    instagram_harness.post("a")
    instagram_harness.run()
    assert instagram_harness.only_delivery.state == "unknown"
    with instagram_harness.ledger.read() as conn:
        assert [(row.hold, row.hold_code) for row in accounts.list_accounts(conn)] == [("quota", "4/2207051")]
    instagram_harness.run_lookups(6)
    assert (instagram_harness.only_delivery.state, instagram_harness.only_delivery.remote_id) == (
        "published",
        instagram_harness.public_objects()[0].id,
    )
    assert len(instagram_harness.public_objects()) == 1


def test_a_restricted_account_publishes_nothing_and_waits_for_a_person(
    instagram_harness: InstagramHarness,
) -> None:
    instagram_harness.set_options(restricted=True)
    instagram_harness.post("a")
    instagram_harness.run()
    assert (
        instagram_harness.only_delivery.state,
        instagram_harness.only_delivery.reason,
        instagram_harness.only_delivery.code,
    ) == (
        "held",
        "login",
        "25/2207050",
    )
    assert instagram_harness.public_objects() == []


def test_the_days_posts_are_as_many_as_the_platform_allows(instagram_harness: InstagramHarness) -> None:
    instagram_harness.set_options(quota_total=2)
    for n in range(3):
        instagram_harness.post(f"p{n}", f"Halo {n}.")
    instagram_harness.run()
    assert sorted(row.state for row in instagram_harness.deliveries()) == [
        "published",
        "scheduled",
        "scheduled",
    ]
    refused = [r for r in instagram_harness.sandbox.state.requests if r["path"].endswith("/media_publish")]
    assert len(refused) == 1  # the office knew, and did not ask


def test_the_forecast_names_the_time_when_the_gate_lets_it_pass(instagram_harness: InstagramHarness) -> None:
    instagram_harness.set_options(quota_total=3)
    for n in range(3):
        instagram_harness.post(f"p{n}", f"Halo {n}.")
    instagram_harness.run()
    (held,) = [row for row in instagram_harness.deliveries() if row.state == "scheduled"]
    row = instagram_harness.rows[-1]
    shown = RenditionPreview(
        instagram_harness.account, row.rendition, Instagram().rules(instagram_harness.account.config)
    )
    now = instagram_harness.now()
    with instagram_harness.ledger.read() as conn:
        facts = {"instagram": accounts.get_by_name(conn, "instagram").status}
        coming = Upcoming(row, shown, replace(row.timing(), due_at=now), 1)
        past = recent_usage(conn, [coming], facts, now=now)
    assert len(past.used_at["instagram", "containers"]) == 3
    (seen,) = distribute([coming], facts, recent=past, now=now)
    assert seen.quota_wait == ("posts", held.not_before)


def test_containers_are_counted_and_not_started_beyond_the_days(instagram_harness: InstagramHarness) -> None:
    instagram_harness.post("a")
    instagram_harness.run()
    with instagram_harness.ledger.read() as conn:
        rows = conn.exec_driver_sql("select name, count(*) from quota_use group by name").all()
    assert {row[0]: row[1] for row in rows} == {"containers": 1, "posts": 1}


def test_a_login_near_its_end_is_renewed_though_nothing_is_due(instagram_harness: InstagramHarness) -> None:
    instagram_harness.sandbox.state.now = instagram_harness.now
    instagram_harness.post("a")
    instagram_harness.run()
    token = instagram_harness.context.secret("access_token")
    for days, renewed in ((29, False), (31, True)):
        instagram_harness.shift = timedelta(days=days)
        instagram_harness.run()
        assert (instagram_harness.context.secret("access_token") != token) is renewed
    with instagram_harness.ledger.read() as conn:
        facts = accounts.get_by_name(conn, "instagram").status
    assert facts is not None
    assert facts.expires_at is not None
    assert facts.expires_at > instagram_harness.now() + timedelta(days=59)
