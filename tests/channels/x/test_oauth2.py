"""Logging in with a browser, and tokens that are renewed: one at a time, kept before they are used."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from humaspost.channels.x import X, token_store
from humaspost.channels.x.config import XConfig
from humaspost.channels.x.oauth2 import CLIENT_SECRET
from humaspost.channels.x.token_store import ACCESS_TOKEN, EXPIRES_AT, REFRESH_TOKEN, RENEWED_AT
from humaspost.model.channel import Ready
from humaspost.model.delivery import Receipt
from humaspost.model.errors import AuthFailed, ChannelError, RateLimited, Transient
from humaspost.model.rendition import Part
from humaspost.sandbox.faults import Fault
from humaspost.sandbox.server import Sandbox
from tests.channels.x.oauth_login import CALLBACK, answered, config_of, log_in
from tests.support.channel_context import SandboxContext, jpeg, prepared
from tests.support.deadlines import SECOND

HALO = Part(1, "Halo.")


class LoginHarness:
    """An account of the sandbox that was logged in to with a browser; ``kept`` is every secret in its order."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.config = sandbox, config_of(sandbox)
        self.kept: list[str] = []
        outer = self

        class RecordingContext(SandboxContext):
            def replace_secret(self, field: str, value: str) -> None:
                outer.kept.append(field)
                super().replace_secret(field, value)

        self.context = RecordingContext(sandbox, folder)
        log_in(self.config, self.context)

    def publish(self, part: Part = HALO) -> Receipt:
        with X().open(self.config, self.context) as session:
            return session.publish(part, prepared(session, part), key="k", to=None, reply_to=None)

    def count_requests(self, path: str) -> list[Any]:
        return [r for r in self.sandbox.state.requests if path in r["path"]]

    def inject_fault(self, fault: str, path: str, **values: Any) -> None:
        given = {"channel": "x", "path": path, "fault": fault, **values}
        self.sandbox.faults.add(Fault.model_validate(given))


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path) -> LoginHarness:
    return LoginHarness(sandbox, tmp_path)


def test_a_login_opens_the_account(account: LoginHarness) -> None:
    with X().open(account.config, account.context) as session:
        assert session.whoami().display_name == "@kotacontoh"
    assert account.publish().remote_id == account.sandbox.state.objects[-1].id


def test_pictures_and_lookups_are_requested_with_the_token_too(account: LoginHarness) -> None:
    picture = account.context.add(jpeg(), alt="Sebuah loket.")
    receipt = account.publish(Part(1, "Bergambar.", (picture,)))
    with X().open(account.config, account.context) as session:
        snapshot = session.read_back(receipt)
    assert snapshot is not None
    assert (snapshot.text, snapshot.media_count) == ("Bergambar.", 1)


def test_every_login_requests_again_and_prints_nothing_of_it(account: LoginHarness) -> None:
    one, two = (X().create_authorization(account.config, callback_url=CALLBACK) for _ in range(2))
    assert (one.state, one.verifier) != (two.state, two.verifier)
    assert answered(one)["state"] == one.state
    assert one.verifier not in repr(one) + one.url


def test_the_persons_page_is_on_xs_own_host() -> None:
    config = XConfig(handle="kota", auth="oauth2", client_id="c")
    assert (
        X()
        .create_authorization(config, callback_url=CALLBACK)
        .url.startswith("https://x.com/i/oauth2/authorize?")
    )


def test_another_code_buys_nothing(account: LoginHarness) -> None:
    authorization = X().create_authorization(account.config, callback_url=CALLBACK)
    with pytest.raises(AuthFailed, match=r"login-refused.*log in again"):
        X().log_in(account.config, account.context, authorization=authorization, code="another")


def test_a_confidential_client_proves_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    context = SandboxContext(sandbox, tmp_path, {CLIENT_SECRET: "wrong"})
    with pytest.raises(AuthFailed, match="login-refused"):
        log_in(config_of(sandbox), context)
    context.secrets[CLIENT_SECRET] = sandbox.config()["accounts"]["x"]["client_secret"]
    log_in(config_of(sandbox), context)
    assert context.secrets[ACCESS_TOKEN]


def test_a_login_that_grants_too_little_is_refused_by_name(account: LoginHarness) -> None:
    body = {"access_token": "a", "token_type": "bearer", "scope": "tweet.read users.read offline.access"}
    account.inject_fault("status", "/oauth2/token$", status=200, body=body)
    before = dict(account.context.secrets)
    with pytest.raises(AuthFailed, match=r"scopes.*tweet\.write, media\.write"):
        log_in(account.config, account.context)
    assert account.context.secrets == before


def test_a_token_is_renewed_before_it_ends(account: LoginHarness) -> None:
    first = dict(account.context.secrets)
    account.context.later = timedelta(hours=1, minutes=39)
    account.publish()
    assert account.context.secrets[ACCESS_TOKEN] == first[ACCESS_TOKEN]
    account.context.later = timedelta(hours=1, minutes=41)
    account.publish(Part(1, "Dua."))
    assert account.context.secrets[ACCESS_TOKEN] != first[ACCESS_TOKEN]
    assert account.context.secrets[REFRESH_TOKEN] != first[REFRESH_TOKEN]
    assert int(account.context.secrets[EXPIRES_AT]) > int(first[EXPIRES_AT])


def test_new_tokens_are_kept_before_they_are_used_the_refresh_token_first(account: LoginHarness) -> None:
    account.kept.clear()
    account.context.later = timedelta(hours=3)
    account.sandbox.state.requests.clear()
    account.publish()
    seen = [r["path"].rpartition("/")[2] for r in account.sandbox.state.requests]
    assert account.kept == [EXPIRES_AT, REFRESH_TOKEN, EXPIRES_AT, RENEWED_AT, ACCESS_TOKEN], (
        "the first shows that they can be kept"
    )
    assert seen == ["token", "tweets"]


def test_a_process_that_dies_between_storing_the_two_goes_on_after_a_restart(account: LoginHarness) -> None:
    real = SandboxContext.replace_secret
    account.context.later = timedelta(hours=3)

    def dies(field: str, value: str) -> None:
        if field == ACCESS_TOKEN:
            raise KeyboardInterrupt
        real(account.context, field, value)

    account.context.replace_secret = dies  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        account.publish()
    del account.context.replace_secret
    token_store._unsaved.clear()  # as after a restart
    account.sandbox.state.settings["x.token_seconds"] = 7200
    _revoke(account)
    account.context.later = timedelta()
    with X().open(account.config, account.context) as session:
        assert session.whoami().display_name == "@kotacontoh"


def _revoke(account: LoginHarness) -> None:
    """X does not know the access token any more."""
    account.context.secrets[ACCESS_TOKEN] = "ended"


def test_a_refused_read_is_requested_again_with_a_new_token(account: LoginHarness) -> None:
    _revoke(account)
    with X().open(account.config, account.context) as session:
        assert session.whoami().platform_id == "1580218334410428416"
    assert account.context.secrets[ACCESS_TOKEN] != "ended"


def test_a_refused_upload_is_requested_again_too(account: LoginHarness) -> None:
    _revoke(account)
    picture = account.context.add(jpeg(), alt="")
    with X().open(account.config, account.context) as session:
        step = session.prepare(Part(1, "a", (picture,)), None)
        account.context.secrets[ACCESS_TOKEN] = "ended again"
        session.prepare(Part(1, "a", (picture,)), step.token)
    assert len(account.count_requests("/append")) == 1


def test_a_refused_public_write_is_decided_by_the_gate(account: LoginHarness) -> None:
    _revoke(account)
    with X().open(account.config, account.context) as session:
        ready = prepared(session, HALO)
        with pytest.raises(Transient, match="token-renewed"):
            session.publish(HALO, ready, key="k", to=None, reply_to=None)
        assert len(account.count_requests("/2/tweets")) == 1
        session.publish(HALO, ready, key="k", to=None, reply_to=None)
    assert len(account.sandbox.state.objects) == 1


def test_a_new_token_that_is_refused_as_well_is_for_a_person(account: LoginHarness) -> None:
    account.inject_fault("status", "/users/me$", status=401, count=5)
    with (
        X().open(account.config, account.context) as session,
        pytest.raises(AuthFailed, match="unauthorized"),
    ):
        session.whoami()
    assert len(account.count_requests("/oauth2/token")) == 2


def test_a_public_write_that_is_always_refused_is_for_a_person_under_cron_too(account: LoginHarness) -> None:
    """Each run has a session of its own, which knew nothing of the renewals before it."""
    account.inject_fault("status", "/2/tweets$", status=401, count=9, method="POST")
    ends = []
    for _run in range(3):
        with pytest.raises(ChannelError) as refused:
            account.publish()
        ends.append(refused.value.code)
    assert ends == ["token-renewed", "unauthorized", "unauthorized"]
    assert len(account.count_requests("/oauth2/token")) == 2
    account.context.later = timedelta(minutes=11)
    with pytest.raises(Transient, match="token-renewed"):
        account.publish()


def test_a_token_that_lives_for_a_minute_only_is_used(account: LoginHarness) -> None:
    account.sandbox.state.settings["x.token_seconds"] = 60
    account.context.later = timedelta(hours=3)
    account.publish()
    account.publish(Part(1, "Dua."))
    assert len(account.count_requests("/oauth2/token")) == 2, "the login and one renewal"


@pytest.mark.parametrize(
    "grant",
    [{"access_token": ""}, {"access_token": "a\nb"}, {"access_token": "a", "refresh_token": "\ud800"}],
)
def test_a_grant_that_is_none_replaces_nothing(account: LoginHarness, grant: dict[str, str]) -> None:
    before = dict(account.context.secrets)
    account.context.later = timedelta(hours=3)
    account.inject_fault("status", "/oauth2/token$", status=200, body=grant, acted=False, method="POST")
    with pytest.raises(Transient, match="unreadable-answer"):
        account.publish()
    assert account.context.secrets == before


def test_a_refresh_that_x_refuses_is_for_a_person(account: LoginHarness) -> None:
    account.context.secrets |= {ACCESS_TOKEN: "ended", REFRESH_TOKEN: "ended-as-well"}
    with pytest.raises(AuthFailed, match=r"login-refused.*account login") as refused:
        account.publish()
    assert "ended-as-well" not in str(refused.value)
    assert account.sandbox.state.objects == []


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "garbage", "empty-2xx"])
def test_a_refresh_without_an_answer_has_sent_nothing(account: LoginHarness, fault: str) -> None:
    account.context.later = timedelta(hours=3)
    account.inject_fault(fault, "/oauth2/token$")
    with pytest.raises(Transient):
        account.publish()
    assert account.sandbox.state.objects == []


def _token_response(account: LoginHarness) -> Receipt:
    """As a part that was prepared in an earlier session: nothing is asked before the post."""
    with X().open(account.config, account.context) as session:
        return session.publish(HALO, Ready({"media": []}), key="k", to=None, reply_to=None)


class _FullDiskContext:
    """A disk that takes so many tokens more."""

    def __init__(self, account: LoginHarness, room: int) -> None:
        self.account, self.room = account, room
        account.context.replace_secret = self.replace  # type: ignore[method-assign]

    def replace(self, field: str, value: str) -> None:
        if not self.room:
            raise OSError(28, "No space left on device")
        self.room -= 1
        SandboxContext.replace_secret(self.account.context, field, value)


def test_a_post_is_never_sent_behind_a_renewal_that_takes_as_long_as_it_takes(account: LoginHarness) -> None:
    account.context.later = timedelta(hours=3)
    with pytest.raises(Transient, match="token-renewed"):
        _token_response(account)
    assert account.count_requests("/2/tweets") == []
    assert _token_response(account).remote_id == account.sandbox.state.objects[0].id


def test_preparing_renews_for_the_quarter_of_an_hour_that_it_is_ahead(account: LoginHarness) -> None:
    account.context.later = timedelta(hours=1, minutes=44)
    with X().open(account.config, account.context) as session:
        ready = prepared(session, HALO)
        account.context.later = timedelta(hours=1, minutes=59)
        session.publish(HALO, ready, key="k", to=None, reply_to=None)
    assert len(account.count_requests("/oauth2/token")) == 2


def test_preparing_goes_on_with_a_token_that_still_lives_where_x_gives_no_other(
    account: LoginHarness,
) -> None:
    account.context.later = timedelta(hours=1, minutes=44)
    account.inject_fault("status", "/oauth2/token$", status=503)
    account.publish()
    assert len(account.sandbox.state.objects) == 1


def test_nothing_is_renewed_that_could_not_be_kept(account: LoginHarness) -> None:
    account.context.later = timedelta(hours=3)
    _FullDiskContext(account, 0)
    with pytest.raises(Transient, match=r"tokens-not-kept.*No space left"):
        _token_response(account)
    assert len(account.count_requests("/oauth2/token")) == 1, "the login's"


@pytest.mark.parametrize("room", [1, 2, 3])
def test_new_tokens_that_the_disk_does_not_take_live_on_in_memory(account: LoginHarness, room: int) -> None:
    first = dict(account.context.secrets)
    account.context.later = timedelta(hours=3)
    _FullDiskContext(account, room)
    with pytest.raises(Transient, match="tokens-not-kept"):
        _token_response(account)
    _token_response(account)
    assert len(account.count_requests("/oauth2/token")) == 2, "the one that X gave is used"
    del account.context.replace_secret
    with X().open(account.config, account.context) as session:
        session.whoami()
    assert all(
        account.context.secrets[field] != first[field] for field in (ACCESS_TOKEN, REFRESH_TOKEN, EXPIRES_AT)
    )
    token_store._unsaved.clear()  # as after a restart
    account.context.later += timedelta(hours=2)
    assert account.publish(Part(1, "Dua.")).remote_id


def test_a_new_login_makes_what_waits_in_memory_void(account: LoginHarness) -> None:
    account.context.later = timedelta(hours=3)
    _FullDiskContext(account, 1)
    with pytest.raises(Transient, match="tokens-not-kept"):
        _token_response(account)
    del account.context.replace_secret
    log_in(account.config, account.context)
    assert token_store.read_token(account.context, ACCESS_TOKEN) == account.context.secrets[ACCESS_TOKEN]


def test_two_sessions_renew_once(account: LoginHarness) -> None:
    _revoke(account)
    begun, errors = threading.Barrier(2), []

    def check_account() -> None:
        with X().open(account.config, account.context) as session:
            begun.wait(timeout=15 * SECOND)
            try:
                session.whoami()
            except Exception as error:  # told below
                errors.append(error)

    threads = [threading.Thread(target=check_account) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20 * SECOND)
    assert errors == []
    assert len(account.count_requests("/oauth2/token")) == 2, "one login, one renewal"


def test_before_the_first_login_the_error_explains_how_to_log_in(account: LoginHarness) -> None:
    account.context.secrets.clear()
    with (
        pytest.raises(AuthFailed, match=r"login-needed.*account login"),
        X().open(account.config, account.context),
    ):
        pass


def test_the_config_must_name_the_app() -> None:
    with pytest.raises(ValueError, match="client_id"):
        XConfig(handle="kota", auth="oauth2")
    assert X().login_secrets(XConfig(handle="kota")) == ()
    assert X().login_secrets(XConfig(handle="kota", auth="oauth2", client_id="c")) == (
        ACCESS_TOKEN,
        REFRESH_TOKEN,
    )


def test_the_window_in_the_second_answer_is_believed(account: LoginHarness) -> None:
    account.sandbox.state.settings["x.limits"] = {"me": 1}
    _revoke(account)
    with X().open(account.config, account.context) as session:
        assert session.whoami().display_name == "@kotacontoh"
        asked = len(account.count_requests("/users/me"))
        with pytest.raises(RateLimited, match="window-spent"):
            session.whoami()
    assert len(account.count_requests("/users/me")) == asked
