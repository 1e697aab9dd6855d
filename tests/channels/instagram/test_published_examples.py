"""What Meta published, and what others saw of it, as the adapter takes it."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from humaspost.model.channel import NotReady, Ready
from humaspost.model.errors import AuthFailed, ChannelError, Rejected, Transient
from tests.channels.instagram.conftest import SessionHarness
from tests.support.channel_context import prepared
from tests.support.reference_data import shared


@pytest.fixture(scope="module")
def golden() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        shared("contracts/data/instagram/meta-docs/golden-responses.json").read_text()
    )
    return found


def _respond_with(
    harness: SessionHarness, path: str, body: Any, *, method: str = "POST", status: int = 200
) -> None:
    harness.inject_fault("status", path, method=method, status=status, body=body, acted=False)


def test_a_container_its_status_and_its_publication(harness: SessionHarness, golden: dict[str, Any]) -> None:
    part = harness.part()
    _respond_with(harness, "/media$", golden["create_container"])
    step = harness.session.prepare(part, None)
    assert isinstance(step, NotReady)
    _respond_with(harness, r"/\d+$", golden["container_status"], method="GET")
    ready = harness.session.prepare(part, step.token)
    assert isinstance(ready, Ready)
    assert golden["create_container"]["id"] in json.dumps(ready.token)
    _respond_with(harness, "/media_publish$", golden["media_publish"])
    receipt = harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert receipt.remote_id == golden["media_publish"]["id"]


def test_a_container_that_failed(harness: SessionHarness, golden: dict[str, Any]) -> None:
    part = harness.part()
    token = harness.session.prepare(part, None).token
    _respond_with(harness, r"/\d+$", golden["container_status_error_observed"], method="GET")
    with pytest.raises(Transient, match="2207076") as failed:
        harness.session.prepare(part, token)
    assert failed.value.restart_preparation


def test_an_upload(facebook: SessionHarness, golden: dict[str, Any]) -> None:
    part = facebook.reel()
    token = facebook.session.prepare(part, None).token
    _respond_with(facebook, "/ig-api-upload/", golden["rupload_fail"], status=400)
    with pytest.raises(AuthFailed):
        facebook.session.prepare(part, token)
    _respond_with(facebook, "/ig-api-upload/", golden["rupload_ok"])
    step = facebook.session.prepare(part, token)
    assert isinstance(step, NotReady)
    assert step.token != token


@pytest.mark.parametrize(
    ("name", "call", "kind", "code"),
    [
        ("error", "/media$", Rejected, "36000/2207004"),
        ("error_observed_9004", "/media$", Transient, "9004/2207052"),
        ("error_observed_9007", "/media_publish$", Transient, "9007/2207027"),
        ("error_observed_2207089", "/media_publish$", Rejected, "100/2207089"),
    ],
)
def test_a_refusal(
    harness: SessionHarness, golden: dict[str, Any], name: str, call: str, kind: type[ChannelError], code: str
) -> None:
    part = harness.part()
    ready = prepared(harness.session, part)
    _respond_with(harness, call, golden[name], status=400)
    calls = {
        "/media$": partial(harness.session.prepare, part, None),
        "/media_publish$": partial(harness.session.publish, part, ready, key="k", to=None, reply_to=None),
    }
    with pytest.raises(kind) as refused:
        calls[call]()
    assert refused.value.code == code


def test_when_a_login_ends(facebook: SessionHarness, golden: dict[str, Any]) -> None:
    _respond_with(facebook, "/debug_token$", golden["debug_token"], method="GET")
    ends = golden["debug_token"]["data"]["expires_at"]
    assert facebook.session.fetch_status().expires_at == datetime.fromtimestamp(ends, UTC)


def test_a_renewed_token(harness: SessionHarness, golden: dict[str, Any]) -> None:
    body = {**golden["refresh_access_token"], "access_token": harness.context.secret("access_token")}
    _respond_with(harness, "/refresh_access_token$", body, method="GET")
    expires = harness.session.fetch_status().expires_at
    assert expires is not None
    assert round((expires - harness.context.now()).total_seconds()) == pytest.approx(
        body["expires_in"], abs=30
    )
