"""OAuth 2.0 with PKCE on the pretend X: consent, code, access token, rotating refresh token."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from humaspost.sandbox.server import Sandbox

VERIFIER = "a-long-enough-code-verifier-for-pkce-0123456789"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BACK = "http://127.0.0.1:9/callback"
ALL = "tweet.read tweet.write users.read media.write offline.access"


class Flow:
    """A confidential client."""

    def __init__(self, sandbox: Sandbox, http: requests.Session) -> None:
        self.account = sandbox.config()["accounts"]["x"]
        self.url, self.http = self.account["base_url"], http

    def consent(self, **other: str) -> requests.Response:
        query = {
            "response_type": "code",
            "client_id": self.account["client_id"],
            "redirect_uri": BACK,
            "scope": ALL,
            "state": "s",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return self.http.get(f"{self.url}/i/oauth2/authorize", params=query | other, allow_redirects=False)

    def code(self, **other: str) -> str:
        query = parse_qs(urlsplit(self.consent(**other).headers["location"]).query)
        assert query["state"] == ["s"]
        return query["code"][0]

    def token(self, **form: str) -> requests.Response:
        keys = (self.account["client_id"], self.account["client_secret"])
        return self.http.post(f"{self.url}/2/oauth2/token", data=form, auth=keys)

    def redeem(self, code: str, **other: str) -> requests.Response:
        form = {"grant_type": "authorization_code", "redirect_uri": BACK, "code_verifier": VERIFIER}
        return self.token(**(form | {"code": code} | other))

    def refresh(self, token: str) -> requests.Response:
        return self.token(grant_type="refresh_token", refresh_token=token)

    def post(self, access: str, text: str) -> requests.Response:
        header = {"Authorization": f"Bearer {access}"}
        return self.http.post(f"{self.url}/2/tweets", headers=header, json={"text": text})


@pytest.fixture
def flow(sandbox: Sandbox, http: requests.Session) -> Flow:
    return Flow(sandbox, http)


def test_the_whole_way(flow: Flow) -> None:
    granted: dict[str, Any] = flow.redeem(flow.code()).json()
    assert (granted["token_type"], granted["expires_in"]) == ("bearer", 7200)
    assert set(granted["scope"].split()) == set(ALL.split())
    assert flow.post(granted["access_token"], "satu").status_code == 201
    fresh = flow.refresh(granted["refresh_token"]).json()
    assert fresh["refresh_token"] != granted["refresh_token"]
    assert flow.post(fresh["access_token"], "dua").status_code == 201


def test_a_refresh_token_is_valid_once(flow: Flow, sandbox: Sandbox) -> None:
    first = flow.redeem(flow.code()).json()["refresh_token"]
    second = flow.refresh(first).json()["refresh_token"]
    assert flow.refresh(first).status_code == 400
    sandbox.state.settings["x.refresh_grace"] = 3600
    assert flow.refresh(second).ok
    assert flow.refresh(second).ok


def test_a_code_is_valid_once_and_only_with_its_verifier(flow: Flow) -> None:
    code = flow.code()
    assert flow.redeem(code).ok
    assert flow.redeem(code).status_code == 400
    assert flow.redeem(flow.code(), code_verifier="other").status_code == 400
    assert flow.redeem(flow.code(), redirect_uri="http://127.0.0.1:9/else").status_code == 400


def test_access_tokens_expire_and_can_be_revoked(flow: Flow, sandbox: Sandbox) -> None:
    granted = flow.redeem(flow.code()).json()
    flow.http.post(f"{flow.url}/2/oauth2/revoke", data={"token": granted["access_token"]})
    assert flow.post(granted["access_token"], "satu").status_code == 401
    sandbox.state.settings["x.token_seconds"] = 0
    late = flow.refresh(granted["refresh_token"]).json()
    assert flow.post(late["access_token"], "satu").status_code == 401


def test_scopes(flow: Flow) -> None:
    narrow = flow.redeem(flow.code(scope="tweet.read users.read")).json()
    assert "refresh_token" not in narrow, "only offline.access brings one"
    assert flow.post(narrow["access_token"], "satu").status_code == 403
    header = {"Authorization": f"Bearer {narrow['access_token']}"}
    assert flow.http.get(f"{flow.url}/2/users/me", headers=header).json()["data"]["username"] == "kotacontoh"


@pytest.mark.parametrize(
    "other",
    [{"client_id": "x"}, {"response_type": "token"}, {"code_challenge": ""}, {"scope": "everything"}],
)
def test_consent_is_strict(flow: Flow, other: dict[str, str]) -> None:
    assert flow.consent(**other).status_code == 400


def test_the_client_must_be_registered(flow: Flow) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    assert flow.http.post(f"{flow.url}/2/oauth2/token", data=form).status_code == 401
    assert flow.token(grant_type="password").json()["error"] == "unsupported_grant_type"
    public = form | {"client_id": flow.account["client_id"]}
    assert flow.http.post(f"{flow.url}/2/oauth2/token", data=public).json()["error"] == "invalid_request"
