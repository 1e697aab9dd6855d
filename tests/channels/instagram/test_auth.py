"""The login's life: learnt by renewing, renewed in time, never at the cost of what works."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from humaspost.channels.instagram import Instagram
from humaspost.channels.instagram.auth import RENEWAL_PERIOD, TokenLifetime, TokenManager
from humaspost.channels.instagram.session import InstagramSession
from humaspost.model.errors import AuthFailed
from humaspost.sandbox.instagram.accounts import APP_ID, APP_SECRET
from humaspost.sandbox.server import Sandbox
from tests.channels.instagram.conftest import SessionHarness

REFRESH = "/refresh_access_token$"
DAYS = timedelta(days=1)


def refreshes(harness: SessionHarness) -> int:
    return sum(r["path"].endswith("/refresh_access_token") for r in harness.sandbox.state.requests)


def test_a_first_status_renews_the_token_and_so_learns_its_end(harness: SessionHarness) -> None:
    old = harness.context.secret("access_token")
    facts = harness.session.fetch_status()
    assert facts.expires_at is not None
    assert timedelta(days=59) < facts.expires_at - harness.context.now() <= timedelta(days=60)
    assert harness.context.secret("access_token") != old
    assert harness.session.whoami().expires_at == facts.expires_at
    harness.published(harness.part())
    assert len(harness.objects()) == 1


def test_a_session_that_was_open_uses_the_token_that_another_renewed(harness: SessionHarness) -> None:
    with Instagram().open(harness.config, harness.context) as other:
        other.fetch_status()
    assert harness.session._graph_client._token == harness.context.secret("access_token")
    harness.session.whoami()


def test_it_is_not_renewed_before_its_time(harness: SessionHarness) -> None:
    first = harness.session.fetch_status().expires_at
    harness.context.later = 29 * DAYS
    assert harness.session.fetch_status().expires_at == first
    assert refreshes(harness) == 1


def test_it_is_renewed_from_thirty_days_before_its_end(harness: SessionHarness) -> None:
    now = harness.context.now()
    tokens = TokenManager(harness.config, harness.context)
    tokens._save(harness.context.secret("access_token"), TokenLifetime(now - 31 * DAYS, now + 29 * DAYS))
    expires = harness.session.fetch_status().expires_at
    assert refreshes(harness) == 1
    assert expires is not None
    assert expires - now > 59 * DAYS


def test_it_is_neither_renewed_too_young_nor_too_early() -> None:
    now = datetime(2027, 1, 1, tzinfo=UTC)
    assert not TokenLifetime(now - timedelta(hours=23), now + 10 * DAYS).is_renewal_due(now)
    assert TokenLifetime(now - timedelta(hours=25), now + 10 * DAYS).is_renewal_due(now)
    assert not TokenLifetime(now - 30 * DAYS, now + RENEWAL_PERIOD).is_renewal_due(now)


def test_a_token_younger_than_a_day_stays_and_so_does_not_knowing(harness: SessionHarness) -> None:
    harness.sandbox.state.settings["instagram.token_age_hours"] = 1
    old = harness.context.secret("access_token")
    assert harness.session.fetch_status().expires_at is None
    assert refreshes(harness) == 1
    assert harness.context.secret("access_token") == old


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "garbage", "empty-2xx", "redirect"])
def test_a_renewal_that_fails_costs_nothing(harness: SessionHarness, fault: str) -> None:
    old = harness.context.secret("access_token")
    harness.inject_fault(fault, REFRESH, method="GET")
    facts = harness.session.fetch_status()
    assert (facts.quotas, facts.expires_at) == ({"posts": (0, 50)}, None)
    assert harness.context.secret("access_token") == old
    harness.session.whoami()


@pytest.mark.parametrize(
    "body",
    [
        {"access_token": "", "expires_in": 5},
        {"access_token": "IGX", "expires_in": "soon"},
        {"access_token": "IGX", "expires_in": -1},
        {"access_token": "IGX", "expires_in": 10**15},
    ],
)
def test_a_strange_renewal_is_not_believed(harness: SessionHarness, body: dict[str, object]) -> None:
    old = harness.context.secret("access_token")
    harness.inject_fault("status", REFRESH, method="GET", status=200, body=body, acted=False)
    assert harness.session.fetch_status().expires_at is None
    assert harness.context.secret("access_token") == old


def test_the_expiry_of_one_token_is_not_reported_for_another(harness: SessionHarness) -> None:
    harness.session.fetch_status()
    harness.context.secrets["access_token"] = "a-token-that-a-person-put-in"
    tokens = TokenManager(harness.config, harness.context)
    assert tokens._stored_lifetime() is None
    with pytest.raises(AuthFailed):
        harness.session.whoami()


def test_facebook_login_without_the_app_is_never_renewed(facebook: SessionHarness) -> None:
    facebook.sandbox.state.settings["instagram.facebook_token_seconds_left"] = 86_400
    assert facebook.session.fetch_status().extra["renews"] is False
    assert (refreshes(facebook), exchanges(facebook)) == (0, 0)


def exchanges(harness: SessionHarness) -> int:
    return sum(r["path"].endswith("/oauth/access_token") for r in harness.sandbox.state.requests)


@contextmanager
def of_app(facebook: SessionHarness, secret: str = APP_SECRET) -> Iterator[InstagramSession]:
    """A session of Facebook Login that knows its app."""
    facebook.context.secrets["app_secret"] = secret
    config = facebook.config.model_copy(update={"app_id": APP_ID})
    with Instagram().open(config, facebook.context) as session:
        assert isinstance(session, InstagramSession)
        yield session


def test_a_facebook_token_near_its_end_is_exchanged(facebook: SessionHarness) -> None:
    facebook.sandbox.state.settings["instagram.facebook_token_seconds_left"] = 20 * 86_400
    old = facebook.context.secret("access_token")
    with of_app(facebook) as session:
        facts = session.fetch_status()
        assert facts.expires_at is not None
        assert facts.expires_at - facebook.context.now() > timedelta(days=59)
        assert facts.extra["renews"] is True
        session.fetch_status()
        assert session.whoami().platform_id == facebook.config.user_id
    assert facebook.context.secret("access_token") != old
    assert exchanges(facebook) == 1, "one that is new is left alone"


@pytest.mark.parametrize("remaining_seconds", [None, 40 * 86_400])
def test_a_token_that_lasts_is_not_changed(facebook: SessionHarness, remaining_seconds: int | None) -> None:
    facebook.sandbox.state.settings["instagram.facebook_token_seconds_left"] = remaining_seconds
    with of_app(facebook) as session:
        session.fetch_status()
    assert exchanges(facebook) == 0


def test_no_exchange_for_the_end_of_access_to_data(facebook: SessionHarness) -> None:
    facebook.sandbox.state.settings["instagram.data_access_seconds_left"] = 86_400
    facebook.sandbox.state.settings["instagram.facebook_token_seconds_left"] = 40 * 86_400
    with of_app(facebook) as session:
        facts = session.fetch_status()
    assert facts.expires_at is not None
    assert facts.expires_at - facebook.context.now() <= DAYS
    assert facts.extra["renews"] is False, "no exchange moves this end"
    assert exchanges(facebook) == 0


@pytest.mark.parametrize(
    "token",
    [
        12345,
        "  ",
        "***",
        "EAAx\r\nEvil: 1",
        "\u2603" * 20,
        "x" * 5000,
        "EAAdead-and-gone",
        None,
        ["EAAlist-of-one"],
    ],
)
def test_a_token_that_is_not_better_replaces_none(facebook: SessionHarness, token: object) -> None:
    """One that worked for weeks yet was thrown away for whatever the answer held."""
    facebook.sandbox.state.settings["instagram.facebook_token_seconds_left"] = 20 * 86_400
    old = facebook.context.secret("access_token")
    body = {"access_token": token, "token_type": "bearer", "expires_in": 5_184_000}
    with of_app(facebook) as session:
        facebook.inject_fault(
            "status", "/oauth/access_token$", method="GET", status=200, body=body, acted=False
        )
        session.fetch_status()
        assert facebook.context.secret("access_token") == old
        assert session.whoami().platform_id == facebook.config.user_id


@pytest.mark.parametrize("login", ["facebook", "harness"])
def test_a_token_that_a_person_puts_in_meanwhile_counts(login: str, request: pytest.FixtureRequest) -> None:
    harness: SessionHarness = request.getfixturevalue(login)
    harness.sandbox.state.settings["instagram.facebook_token_seconds_left"] = 20 * 86_400
    with of_app(harness) as session:
        graph = session._graph_client
        original_request = graph.request

        def request_and_replace_token(call: str, method: str, path: str, **request: Any) -> Any:
            """The person is as fast as it goes: between the question and its answer."""
            found = original_request(call, method, path, **request)
            if path.endswith("access_token"):
                harness.context.secrets["access_token"] = "put-in-by-a-person"
            return found

        graph.request = request_and_replace_token  # type: ignore[method-assign]
        assert session._tokens.renew(graph) is False
    assert harness.context.secrets["access_token"] == "put-in-by-a-person"


def test_an_exchange_that_is_refused_changes_nothing(facebook: SessionHarness) -> None:
    facebook.sandbox.state.settings["instagram.facebook_token_seconds_left"] = 86_400
    old = facebook.context.secret("access_token")
    with of_app(facebook, "wrong-secret") as session:
        assert session.fetch_status().expires_at is not None
    assert (facebook.context.secret("access_token"), exchanges(facebook)) == (old, 1)


@pytest.mark.parametrize(
    ("token", "access", "days"),
    [(None, None, None), (40, None, 40), (None, 20, 20), (40, 20, 20), (20, 40, 20)],
)
def test_with_facebook_login_whatever_ends_first_counts(
    facebook: SessionHarness, token: int | None, access: int | None, days: int | None
) -> None:
    for switch, left in (("facebook_token_seconds_left", token), ("data_access_seconds_left", access)):
        facebook.sandbox.state.settings[f"instagram.{switch}"] = None if left is None else left * 86_400
    expires = facebook.session.fetch_status().expires_at
    left = None if expires is None else round((expires - facebook.context.now()) / timedelta(days=1))
    assert left == days


def test_a_renewed_token_opens_the_next_sandbox_too(
    harness: SessionHarness, own_sandbox: Callable[[], Sandbox]
) -> None:
    harness.session.fetch_status()
    config = harness.config.model_copy(update={"base_url": f"{own_sandbox().url}/instagram"})
    with Instagram().open(config, harness.context) as session:
        assert session.whoami().display_name == "@kotacontoh"
