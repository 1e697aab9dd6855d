"""What X's documents leave open, each answer selectable: a client must live with all of them."""

import pytest
import requests
from requests_oauthlib import OAuth1

from humaspost.sandbox.server import Sandbox
from tests.sandbox.x.test_oauth2 import Flow
from tests.sandbox.x.test_posts import detail, errors
from tests.sandbox.x.test_uploads import status, upload
from tests.support.media_samples import gif
from tests.support.meta_clients import frozen
from tests.support.x_client import XClient


def test_a_text_that_is_too_long_is_refused_either_way(x: XClient, sandbox: Sandbox) -> None:
    assert detail(x.post(text="a" * 281)) == "You are not permitted to perform this action."
    sandbox.state.settings["x.too_long"] = "400"
    assert "too long" in errors(x.post(text="a" * 281))
    assert sandbox.state.objects == []


def test_replies_to_own_posts_can_be_forbidden(x: XClient, sandbox: Sandbox) -> None:
    root = x.posted(text="satu")
    sandbox.state.settings["x.own_replies"] = False
    assert "have not been mentioned" in detail(x.post(text="dua", reply={"in_reply_to_tweet_id": root}))


def test_a_deleted_twin_can_still_block(x: XClient, sandbox: Sandbox) -> None:
    x.call("DELETE", f"/2/tweets/{x.posted(text='satu')}")
    sandbox.state.settings["x.deleted_twin_blocks"] = True
    assert "duplicate content" in detail(x.post(text="satu"))


@pytest.mark.parametrize("name", ["edit_history_tweet_ids", "edit_history_post_ids"])
def test_the_history_of_edits_has_one_of_two_names(x: XClient, sandbox: Sandbox, name: str) -> None:
    sandbox.state.settings["x.edit_history"] = name
    data = x.post(text="satu").json()["data"]
    assert data == {"id": data["id"], "text": "satu", name: [data["id"]]}


def test_the_apps_day_is_limited_when_set(x: XClient, sandbox: Sandbox) -> None:
    assert "x-app-limit-24hour-limit" not in x.post(text="satu").headers
    sandbox.state.settings["x.app_24h"] = 3
    told = x.post(text="dua").headers
    assert [told[f"x-app-limit-24hour-{part}"] for part in ("limit", "remaining")] == ["3", "1"]
    x.posted(text="tiga")
    spent = x.post(text="empat")
    assert (spent.status_code, spent.headers["x-app-limit-24hour-remaining"]) == (429, "0")
    assert "x-user-limit-24hour-limit" not in spent.headers
    assert int(spent.headers["x-rate-limit-remaining"]) > 0


def test_a_month_can_be_used_up(x: XClient, sandbox: Sandbox) -> None:
    sandbox.state.settings["x.usage_cap"] = 1
    x.posted(text="satu")
    spent = x.post(text="dua")
    assert (spent.status_code, spent.json()["title"]) == (429, "UsageCapExceeded")
    assert spent.json()["type"].endswith("/problems/usage-capped")
    assert int(spent.headers["x-rate-limit-remaining"]) > 0, "the window is not what is spent"


def test_an_app_with_read_access_only(x: XClient, sandbox: Sandbox, http: requests.Session) -> None:
    made = x.posted(text="satu")
    sandbox.state.settings["x.read_only"] = True
    for refused in (x.post(text="dua"), x.call("DELETE", f"/2/tweets/{made}")):
        assert refused.status_code == 403
        assert refused.json()["type"].endswith("/problems/oauth1-permissions")
        assert "oauth1 app permissions" in refused.json()["detail"]
    assert x.call("GET", "/2/users/me").ok
    flow = Flow(sandbox, http)
    assert flow.post(flow.redeem(flow.code()).json()["access_token"], "tiga").status_code == 201


@pytest.mark.parametrize("only", ["api.twitter.com", "api.x.com"])
def test_a_signature_can_be_good_for_one_host_only(x: XClient, sandbox: Sandbox, only: str) -> None:
    assert [signed_for(x, host) for host in ("api.twitter.com", "api.x.com")] == [200, 200]
    sandbox.state.settings["x.signed_for"] = only
    expected = {host: 200 if host == only else 401 for host in ("api.twitter.com", "api.x.com")}
    assert {host: signed_for(x, host) for host in expected} == expected


def signed_for(x: XClient, host: str) -> int:
    keys = ("api_key", "api_key_secret", "access_token", "access_token_secret")
    signed = OAuth1(*[x.account[k] for k in keys])(
        requests.Request("GET", f"https://{host}/2/users/me").prepare()
    )
    header = {"Authorization": signed.headers["Authorization"].decode()}
    return x.call("GET", "/2/users/me", auth=None, headers=header).status_code


def test_a_failed_video_can_state_why(x: XClient, sandbox: Sandbox) -> None:
    sandbox.state.settings |= {"x.processing_seconds": 0, "x.processing_ends": "failed"}
    media_id = upload(x, gif((1400, 32)), "image/gif", "tweet_gif")
    assert "error" not in status(x, media_id)["processing_info"]
    sandbox.state.settings["x.processing_error"] = True
    error = status(x, media_id)["processing_info"]["error"]
    assert (error["code"], error["name"]) == (1, "InvalidMedia")
    assert "1280x1080" in error["message"]


def test_processing_goes_from_pending_to_its_end(x: XClient, sandbox: Sandbox) -> None:
    sandbox.state.settings |= {
        "x.processing_seconds": 100,
        "x.processing_ends": "failed",
        "x.clock_skew": 10**10,
    }
    clock = frozen(sandbox)
    media_id = upload(x, gif(), "image/gif", "tweet_gif")
    seen = []
    for _ in range(5):
        told = status(x, media_id)["processing_info"]
        seen.append((told["state"], told["progress_percent"], "check_after_secs" in told))
        clock.move(seconds=25)
    assert seen == [
        ("pending", 0, True),
        ("in_progress", 25, True),
        ("in_progress", 50, True),
        ("in_progress", 75, True),
        ("failed", 99, False),
    ]


def test_an_old_refresh_token_can_live_on_for_a_while(sandbox: Sandbox, http: requests.Session) -> None:
    flow, clock = Flow(sandbox, http), frozen(sandbox)
    sandbox.state.settings["x.refresh_grace"] = 30
    first = flow.redeem(flow.code()).json()["refresh_token"]
    assert flow.refresh(first).ok
    clock.move(seconds=29)
    assert flow.refresh(first).ok
    clock.move(seconds=1)
    assert flow.refresh(first).status_code == 400
