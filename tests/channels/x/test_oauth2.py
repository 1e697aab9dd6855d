"""Logging in with a browser, and tokens that are renewed: one at a time, kept before they are used."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from humaspost.channels.x import X, XConfig, token_store
from humaspost.channels.x.oauth2 import CLIENT_SECRET
from humaspost.channels.x.token_store import ACCESS, EXPIRY, REFRESH, RENEWED
from humaspost.model.channel import Ready
from humaspost.model.delivery import Receipt
from humaspost.model.errors import AuthFailed, ChannelError, RateLimited, Transient
from humaspost.model.rendition import Part
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from tests.channels.x.oauth_login import CALLBACK, answered, config_of, log_in
from tests.support.channel_context import SandboxDoor, jpeg, prepared
from tests.support.deadlines import SECOND

HALO = Part(1, "Halo.")


class Account:
    """An account of the sandbox that was logged in to with a browser; ``kept`` is every secret in its order."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.config = sandbox, config_of(sandbox)
        self.kept: list[str] = []
        outer = self

        class Door(SandboxDoor):
            def replace_secret(self, field: str, value: str) -> None:
                outer.kept.append(field)
                super().replace_secret(field, value)

        self.door = Door(sandbox, folder)
        log_in(self.config, self.door)

    def publish(self, part: Part = HALO) -> Receipt:
        with X().open(self.config, self.door) as session:
            return session.publish(part, prepared(session, part), key="k", to=None, reply_to=None)

    def asked(self, path: str) -> list[Any]:
        return [r for r in self.sandbox.world.requests if path in r["path"]]

    def order(self, fault: str, path: str, **values: Any) -> None:
        given = {"channel": "x", "path": path, "fault": fault, **values}
        self.sandbox.faults.order(Fault.model_validate(given))


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path) -> Account:
    return Account(sandbox, tmp_path)


def test_a_login_opens_the_account(account: Account) -> None:
    with X().open(account.config, account.door) as session:
        assert session.whoami().shown == "@kotacontoh"
    assert account.publish().remote_id == account.sandbox.world.objects[-1].id


def test_pictures_and_looks_are_asked_with_the_token_too(account: Account) -> None:
    picture = account.door.add(jpeg(), alt="Sebuah loket.")
    receipt = account.publish(Part(1, "Bergambar.", (picture,)))
    with X().open(account.config, account.door) as session:
        snapshot = session.read_back(receipt)
    assert snapshot is not None
    assert (snapshot.text, snapshot.media) == ("Bergambar.", 1)


def test_every_login_asks_anew_and_says_nothing_of_it(account: Account) -> None:
    one, two = (X().consent(account.config, callback=CALLBACK) for _ in range(2))
    assert (one.state, one.verifier) != (two.state, two.verifier)
    assert answered(one)["state"] == one.state
    assert one.verifier not in repr(one) + one.url


def test_the_persons_page_is_on_xs_own_host() -> None:
    config = XConfig(handle="kota", auth="oauth2", client_id="c")
    assert X().consent(config, callback=CALLBACK).url.startswith("https://x.com/i/oauth2/authorize?")


def test_another_code_buys_nothing(account: Account) -> None:
    consent = X().consent(account.config, callback=CALLBACK)
    with pytest.raises(AuthFailed, match=r"login-refused.*log in again"):
        X().log_in(account.config, account.door, consent=consent, code="another")


def test_a_confidential_client_proves_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    door = SandboxDoor(sandbox, tmp_path, {CLIENT_SECRET: "wrong"})
    with pytest.raises(AuthFailed, match="login-refused"):
        log_in(config_of(sandbox), door)
    door.secrets[CLIENT_SECRET] = sandbox.config()["accounts"]["x"]["client_secret"]
    log_in(config_of(sandbox), door)
    assert door.secrets[ACCESS]


def test_a_login_that_grants_too_little_is_refused_by_name(account: Account) -> None:
    body = {"access_token": "a", "token_type": "bearer", "scope": "tweet.read users.read offline.access"}
    account.order("status", "/oauth2/token$", status=200, body=body)
    before = dict(account.door.secrets)
    with pytest.raises(AuthFailed, match=r"scopes.*tweet\.write, media\.write"):
        log_in(account.config, account.door)
    assert account.door.secrets == before


def test_a_token_is_renewed_before_it_ends(account: Account) -> None:
    first = dict(account.door.secrets)
    account.door.later = timedelta(hours=1, minutes=39)
    account.publish()
    assert account.door.secrets[ACCESS] == first[ACCESS]
    account.door.later = timedelta(hours=1, minutes=41)
    account.publish(Part(1, "Dua."))
    assert account.door.secrets[ACCESS] != first[ACCESS]
    assert account.door.secrets[REFRESH] != first[REFRESH]
    assert int(account.door.secrets[EXPIRY]) > int(first[EXPIRY])


def test_new_tokens_are_kept_before_they_are_used_the_refresh_token_first(account: Account) -> None:
    account.kept.clear()
    account.door.later = timedelta(hours=3)
    account.sandbox.world.requests.clear()
    account.publish()
    seen = [r["path"].rpartition("/")[2] for r in account.sandbox.world.requests]
    assert account.kept == [EXPIRY, REFRESH, EXPIRY, RENEWED, ACCESS], "the first shows that they can be kept"
    assert seen == ["token", "tweets"]


def test_one_that_dies_between_keeping_the_two_goes_on_after_a_restart(account: Account) -> None:
    real = SandboxDoor.replace_secret
    account.door.later = timedelta(hours=3)

    def dies(field: str, value: str) -> None:
        if field == ACCESS:
            raise KeyboardInterrupt
        real(account.door, field, value)

    account.door.replace_secret = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        account.publish()
    del account.door.replace_secret
    token_store._waiting.clear()  # as after a restart
    account.sandbox.world.settings["x.token_seconds"] = 7200
    _revoke(account)
    account.door.later = timedelta()
    with X().open(account.config, account.door) as session:
        assert session.whoami().shown == "@kotacontoh"


def _revoke(account: Account) -> None:
    """X does not know the access token any more."""
    account.door.secrets[ACCESS] = "ended"


def test_a_refused_read_is_asked_again_with_a_new_token(account: Account) -> None:
    _revoke(account)
    with X().open(account.config, account.door) as session:
        assert session.whoami().platform_id == "1580218334410428416"
    assert account.door.secrets[ACCESS] != "ended"


def test_a_refused_upload_is_asked_again_too(account: Account) -> None:
    _revoke(account)
    picture = account.door.add(jpeg(), alt="")
    with X().open(account.config, account.door) as session:
        step = session.prepare(Part(1, "a", (picture,)), None)
        account.door.secrets[ACCESS] = "ended again"
        session.prepare(Part(1, "a", (picture,)), step.token)
    assert len(account.asked("/append")) == 1


def test_a_refused_public_write_is_left_to_the_gate(account: Account) -> None:
    _revoke(account)
    with X().open(account.config, account.door) as session:
        ready = prepared(session, HALO)
        with pytest.raises(Transient, match="token-renewed"):
            session.publish(HALO, ready, key="k", to=None, reply_to=None)
        assert len(account.asked("/2/tweets")) == 1
        session.publish(HALO, ready, key="k", to=None, reply_to=None)
    assert len(account.sandbox.world.objects) == 1


def test_a_new_token_that_is_refused_as_well_is_for_a_person(account: Account) -> None:
    account.order("status", "/users/me$", status=401, count=5)
    with X().open(account.config, account.door) as session, pytest.raises(AuthFailed, match="unauthorized"):
        session.whoami()
    assert len(account.asked("/oauth2/token")) == 2


def test_a_public_write_that_is_always_refused_is_for_a_person_under_cron_too(account: Account) -> None:
    """Each run has a session of its own, which knew nothing of the renewals before it."""
    account.order("status", "/2/tweets$", status=401, count=9, method="POST")
    ends = []
    for _run in range(3):
        with pytest.raises(ChannelError) as refused:
            account.publish()
        ends.append(refused.value.code)
    assert ends == ["token-renewed", "unauthorized", "unauthorized"]
    assert len(account.asked("/oauth2/token")) == 2
    account.door.later = timedelta(minutes=11)
    with pytest.raises(Transient, match="token-renewed"):
        account.publish()


def test_a_token_that_lives_for_a_minute_only_is_used(account: Account) -> None:
    account.sandbox.world.settings["x.token_seconds"] = 60
    account.door.later = timedelta(hours=3)
    account.publish()
    account.publish(Part(1, "Dua."))
    assert len(account.asked("/oauth2/token")) == 2, "the login and one renewal"


@pytest.mark.parametrize(
    "grant",
    [{"access_token": ""}, {"access_token": "a\nb"}, {"access_token": "a", "refresh_token": "\ud800"}],
)
def test_a_grant_that_is_none_replaces_nothing(account: Account, grant: dict[str, str]) -> None:
    before = dict(account.door.secrets)
    account.door.later = timedelta(hours=3)
    account.order("status", "/oauth2/token$", status=200, body=grant, acted=False, method="POST")
    with pytest.raises(Transient, match="unreadable-answer"):
        account.publish()
    assert account.door.secrets == before


def test_a_refresh_that_x_refuses_is_for_a_person(account: Account) -> None:
    account.door.secrets |= {ACCESS: "ended", REFRESH: "ended-as-well"}
    with pytest.raises(AuthFailed, match=r"login-refused.*account login") as refused:
        account.publish()
    assert "ended-as-well" not in str(refused.value)
    assert account.sandbox.world.objects == []


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "garbage", "empty-2xx"])
def test_a_refresh_without_an_answer_has_sent_nothing(account: Account, fault: str) -> None:
    account.door.later = timedelta(hours=3)
    account.order(fault, "/oauth2/token$")
    with pytest.raises(Transient):
        account.publish()
    assert account.sandbox.world.objects == []


def _straight(account: Account) -> Receipt:
    """As a part that was prepared in an earlier session: nothing is asked before the post."""
    with X().open(account.config, account.door) as session:
        return session.publish(HALO, Ready({"media": []}), key="k", to=None, reply_to=None)


class _Full:
    """A disk that takes so many tokens more."""

    def __init__(self, account: Account, room: int) -> None:
        self.account, self.room = account, room
        account.door.replace_secret = self.replace  # type: ignore[method-assign]

    def replace(self, field: str, value: str) -> None:
        if not self.room:
            raise OSError(28, "No space left on device")
        self.room -= 1
        SandboxDoor.replace_secret(self.account.door, field, value)


def test_a_post_is_never_sent_behind_a_renewal_which_takes_as_long_as_it_takes(account: Account) -> None:
    account.door.later = timedelta(hours=3)
    with pytest.raises(Transient, match="token-renewed"):
        _straight(account)
    assert account.asked("/2/tweets") == []
    assert _straight(account).remote_id == account.sandbox.world.objects[0].id


def test_preparing_renews_for_the_quarter_of_an_hour_that_it_is_ahead(account: Account) -> None:
    account.door.later = timedelta(hours=1, minutes=44)
    with X().open(account.config, account.door) as session:
        ready = prepared(session, HALO)
        account.door.later = timedelta(hours=1, minutes=59)
        session.publish(HALO, ready, key="k", to=None, reply_to=None)
    assert len(account.asked("/oauth2/token")) == 2


def test_preparing_goes_on_with_a_token_that_still_lives_where_x_gives_no_other(account: Account) -> None:
    account.door.later = timedelta(hours=1, minutes=44)
    account.order("status", "/oauth2/token$", status=503)
    account.publish()
    assert len(account.sandbox.world.objects) == 1


def test_nothing_is_renewed_that_could_not_be_kept(account: Account) -> None:
    account.door.later = timedelta(hours=3)
    _Full(account, 0)
    with pytest.raises(Transient, match=r"tokens-not-kept.*No space left"):
        _straight(account)
    assert len(account.asked("/oauth2/token")) == 1, "the login's"


@pytest.mark.parametrize("room", [1, 2, 3])
def test_new_tokens_that_the_disk_does_not_take_live_on_in_memory(account: Account, room: int) -> None:
    first = dict(account.door.secrets)
    account.door.later = timedelta(hours=3)
    _Full(account, room)
    with pytest.raises(Transient, match="tokens-not-kept"):
        _straight(account)
    _straight(account)
    assert len(account.asked("/oauth2/token")) == 2, "the one that X gave is used"
    del account.door.replace_secret
    with X().open(account.config, account.door) as session:
        session.whoami()
    assert all(account.door.secrets[field] != first[field] for field in (ACCESS, REFRESH, EXPIRY))
    token_store._waiting.clear()  # as after a restart
    account.door.later += timedelta(hours=2)
    assert account.publish(Part(1, "Dua.")).remote_id


def test_a_new_login_makes_what_waits_in_memory_void(account: Account) -> None:
    account.door.later = timedelta(hours=3)
    _Full(account, 1)
    with pytest.raises(Transient, match="tokens-not-kept"):
        _straight(account)
    del account.door.replace_secret
    log_in(account.config, account.door)
    assert token_store.read(account.door, ACCESS) == account.door.secrets[ACCESS]


def test_two_sessions_renew_once(account: Account) -> None:
    _revoke(account)
    begun, errors = threading.Barrier(2), []

    def look() -> None:
        with X().open(account.config, account.door) as session:
            begun.wait(timeout=15 * SECOND)
            try:
                session.whoami()
            except Exception as error:  # told below
                errors.append(error)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20 * SECOND)
    assert errors == []
    assert len(account.asked("/oauth2/token")) == 2, "one login, one renewal"


def test_before_the_first_login_a_person_is_told_how(account: Account) -> None:
    account.door.secrets.clear()
    with (
        pytest.raises(AuthFailed, match=r"login-needed.*account login"),
        X().open(account.config, account.door),
    ):
        pass


def test_the_config_must_name_the_app() -> None:
    with pytest.raises(ValueError, match="client_id"):
        XConfig(handle="kota", auth="oauth2")
    assert X().tokens(XConfig(handle="kota")) == ()
    assert X().tokens(XConfig(handle="kota", auth="oauth2", client_id="c")) == (ACCESS, REFRESH)


def test_what_the_second_answer_tells_of_its_window_is_believed(account: Account) -> None:
    account.sandbox.world.settings["x.limits"] = {"me": 1}
    _revoke(account)
    with X().open(account.config, account.door) as session:
        assert session.whoami().shown == "@kotacontoh"
        asked = len(account.asked("/users/me"))
        with pytest.raises(RateLimited, match="window-spent"):
            session.whoami()
    assert len(account.asked("/users/me")) == asked
