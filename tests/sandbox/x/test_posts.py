"""Posting to the pretend X and reading back: its strictness, refusals and answers."""

import time
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1

from humaspost.sandbox.server import Sandbox
from tests.sandbox.x.test_uploads import upload
from tests.support.media_samples import picture
from tests.support.meta_clients import eventually
from tests.support.x_client import XClient


def detail(answer: requests.Response) -> str:
    assert answer.status_code == 403, answer.text
    body = answer.json()
    assert (body["title"], body["type"], body["status"]) == ("Forbidden", "about:blank", 403)
    found: str = body["detail"]
    return found


def errors(answer: requests.Response) -> str:
    assert answer.status_code == 400, answer.text
    body = answer.json()
    assert body["title"] == "Invalid Request"
    assert body["type"].endswith("/problems/invalid-request")
    return " ".join(e["message"] for e in body["errors"])


def test_a_post_is_public_as_it_was_written(x: XClient, sandbox: Sandbox) -> None:
    made = x.post(text="  Loket buka <sampai> 20.00 & lebih\n")
    assert made.status_code == 201
    assert made.headers["content-type"] == "application/json; charset=utf-8"
    data = made.json()["data"]
    assert data["text"] == "Loket buka &lt;sampai&gt; 20.00 &amp; lebih"
    assert data["id"].isdigit()
    (shown,) = sandbox.state.objects
    assert (shown.id, shown.text) == (data["id"], "  Loket buka <sampai> 20.00 & lebih\n")
    assert shown.account == sandbox.config()["accounts"]["x"]["user_id"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"txt": "a"}, "$.txt: is not defined in the schema"),
        ({"text": "a", "media": {"media_ids": ["1"], "alt": "x"}}, "$.media.alt: is not defined"),
        ({"text": 5}, "$.text"),
        ({"text": None}, "$.text: null"),
        ({"text": "a", "reply_settings": "everyone"}, "$.reply_settings"),
        ({"text": "a", "media": {"media_ids": []}}, "$.media.media_ids"),
        ({"text": "a", "media": {"media_ids": ["a"]}}, "$.media.media_ids.0"),
        ({"text": "a", "media": {"media_ids": [1]}}, "$.media.media_ids.0"),
        ({"text": "a", "media": {"media_ids": ["1"], "tagged_user_ids": ["1"] * 11}}, "tagged_user_ids"),
        ({"text": "a", "poll": {"options": ["a"], "duration_minutes": 5}}, "$.poll.options"),
        ({"text": "a", "poll": {"options": ["a", "b"]}}, "$.poll.duration_minutes"),
        ({"text": "a", "poll": {"options": ["a", "b"], "duration_minutes": 4}}, "duration_minutes"),
        ({"text": "a", "poll": {"options": ["a", "b" * 26], "duration_minutes": 5}}, "$.poll.options.1"),
        ({"text": "a", "poll": {"options": ["a", "a"], "duration_minutes": 5}}, "unique"),
        ({"text": "a", "reply": {}}, "$.reply.in_reply_to_tweet_id"),
        ({"text": "a", "made_with_ai": "yes"}, "$.made_with_ai"),
        ({"text": "  "}, "$.text"),
        ({}, "$.text"),
        (
            {
                "text": "a",
                "quote_tweet_id": "1",
                "poll": {"options": ["a", "b"], "duration_minutes": 5},
            },
            "only one of",
        ),
        ([], "$.body"),
    ],
)
def test_strict_about_every_field(x: XClient, sandbox: Sandbox, body: Any, message: str) -> None:
    assert message in errors(x.call("POST", "/2/tweets", json=body))
    assert sandbox.state.objects == []


def test_broken_json(x: XClient) -> None:
    headers = {"content-type": "application/json"}
    assert "JSON" in errors(x.call("POST", "/2/tweets", data=b"{", headers=headers))


def test_280_weighted_characters(x: XClient, sandbox: Sandbox) -> None:
    link = " https://kotacontoh.go.id/" + "a" * 400
    for fits in ("a" * 280, "🙂" * 140, "b" * 256 + link):
        assert x.post(text=fits).status_code == 201
    for long in ("a" * 281, "🙂" * 141, "b" * 257 + link, "日" * 141, "a." * 20_000):
        assert detail(x.post(text=long)) == "You are not permitted to perform this action."
    assert len(sandbox.state.objects) == 3


def test_duplicates_are_refused_until_deleted_or_a_day_old(x: XClient, sandbox: Sandbox) -> None:
    first = x.posted(text="Selamat pagi")
    assert "duplicate content" in detail(x.post(text=" Selamat \n pagi "))
    assert "duplicate content" in detail(x.post(text="Selamat pagi", reply={"in_reply_to_tweet_id": first}))
    assert x.post(text="selamat pagi").status_code == 201, "letters count"
    x.call("DELETE", f"/2/tweets/{first}")
    second = x.posted(text="Selamat pagi")
    sandbox.state.settings["x.duplicate_hours"] = 0
    assert x.posted(text="Selamat pagi") != second


def test_replies_need_a_parent_of_the_account_or_of_a_person_who_engaged_it(
    x: XClient, sandbox: Sandbox
) -> None:
    root = x.posted(text="satu")
    reply = x.posted(text="dua", reply={"in_reply_to_tweet_id": root})
    assert sandbox.state.objects[-1].reply_to == root
    assert "have not been mentioned" in detail(x.post(text="tiga", reply={"in_reply_to_tweet_id": "99"}))
    sandbox.state.settings["x.engaged"] = ["99"]
    x.posted(text="tiga", reply={"in_reply_to_tweet_id": "99"})
    x.call("DELETE", f"/2/tweets/{reply}")
    assert "deleted or not visible" in detail(x.post(text="empat", reply={"in_reply_to_tweet_id": reply}))


def test_what_self_serve_forbids(x: XClient) -> None:
    root = x.posted(text="satu")
    refused: list[dict[str, Any]] = [
        {"quote_tweet_id": root},
        {"nullcast": True},
        {"community_id": "5"},
        {"edit_options": {"previous_post_id": root}},
    ]
    for more in refused:
        assert detail(x.post(text="dua", **more))
    assert "cashtag" in detail(x.post(text="Naik: $BBRI $TLKM"))
    assert x.post(text="Rp $BBRI dan $5").status_code == 201
    assert x.post(text="Kurs https://k.id/?a=$ABC&b=$DEF").status_code == 201
    assert x.post(text="Halo\ufeff").status_code == 400


def test_a_long_post_is_short_but_for_its_note(x: XClient, sandbox: Sandbox) -> None:
    sandbox.state.settings["x.longest"] = 25_000
    words = "Baca https://kotacontoh.go.id/a?b=1&c=2 & seterusnya. " + "Kata " * 100
    made = x.posted(text=words)
    fields = {"tweet.fields": "note_tweet,entities"}
    post = x.call("GET", f"/2/tweets/{made}", params=fields).json()["data"]
    assert len(post["text"]) < 290
    assert post["text"].rpartition(" ")[2] == post["entities"]["urls"][-1]["url"]
    note = post["note_tweet"]
    (link,) = note["entities"]["urls"]
    assert note["text"][link["start"] : link["end"]] == link["url"]
    assert note["text"].endswith("Kata Kata")
    assert "note_tweet" not in x.call("GET", f"/2/tweets/{made}").json()["data"]


@pytest.mark.parametrize("body", [b'{"text":"\\ud800"}', b"[" * 100_000, b'{"a":' * 990 + b"1" + b"}" * 990])
def test_what_is_no_text_is_a_400_and_stores_nothing(x: XClient, sandbox: Sandbox, body: bytes) -> None:
    answer = x.call("POST", "/2/tweets", data=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert sandbox.state.objects == []
    timeline(x)


def test_polls(x: XClient, sandbox: Sandbox) -> None:
    x.posted(text="Taman?", poll={"options": ["Ya", "Tidak"], "duration_minutes": 4320})
    poll = sandbox.state.objects[0].poll
    assert poll is not None
    assert (poll["options"], poll["duration_minutes"]) == (["Ya", "Tidak"], 4320)


def test_delete(x: XClient, sandbox: Sandbox, http: requests.Session) -> None:
    made = x.posted(text="satu")
    assert x.call("DELETE", f"/2/tweets/{made}").json() == {"data": {"deleted": True}}
    shown = http.get(f"{sandbox.url}/_sandbox/objects").json()["objects"]
    assert [(o["id"], o["deleted"]) for o in shown] == [(made, True)]
    gone = x.call("GET", f"/2/tweets/{made}").json()
    assert gone["errors"][0]["type"].endswith("/resource-not-found")
    assert "data" not in gone
    assert detail(x.call("DELETE", "/2/tweets/5"))


def test_links_come_back_as_tco(x: XClient, sandbox: Sandbox) -> None:
    link = "https://kotacontoh.go.id/a?b=1&c=2"
    made = x.posted(text=f"Baca {link} lalu kotacontoh.go.id #Loket & @warga")
    query = {"tweet.fields": "entities,created_at,conversation_id"}
    post = x.call("GET", f"/2/tweets/{made}", params=query).json()["data"]
    first, second = post["entities"]["urls"]
    for url in (first, second):
        assert post["text"][url["start"] : url["end"]] == url["url"]
        assert url["url"].startswith("https://t.co/")
    assert (first["expanded_url"], second["expanded_url"]) == (link, "http://kotacontoh.go.id")
    assert post["text"].endswith("#Loket &amp; @warga")
    assert post["entities"]["hashtags"][0]["tag"] == "Loket"
    assert post["entities"]["mentions"][0]["username"] == "warga"
    assert sandbox.state.objects[0].text.startswith(f"Baca {link}")


def timeline(x: XClient, **query: Any) -> dict[str, Any]:
    answer = x.call("GET", f"/2/users/{x.account['user_id']}/tweets", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [p["id"] for p in page.get("data", [])]


def test_timeline_pages_newest_first(x: XClient) -> None:
    assert timeline(x) == {"meta": {"result_count": 0}}
    made = [x.posted(text=f"nomor {n}") for n in range(7)][::-1]
    first = timeline(x, max_results=5)
    assert ids(first) == made[:5]
    assert first["meta"]["newest_id"] == made[0]
    second = timeline(x, max_results=5, pagination_token=first["meta"]["next_token"])
    assert ids(second) == made[5:]
    assert "next_token" not in second["meta"]
    assert ids(timeline(x, since_id=made[3])) == made[:3]
    assert ids(timeline(x, until_id=made[3])) == made[4:]
    assert ids(timeline(x, start_time="2037-01-01T00:00:00Z")) == []
    assert ids(timeline(x, end_time="2037-01-01T00:00:00Z", start_time="2020-01-01T00:00:00Z")) == made


def test_timeline_names_parents_and_omits_replies(x: XClient) -> None:
    root = x.posted(text="satu")
    reply = x.posted(text="dua", reply={"in_reply_to_tweet_id": root})
    fields = "referenced_tweets,conversation_id,in_reply_to_user_id,created_at"
    newest = timeline(x, **{"tweet.fields": fields})["data"][0]
    assert newest["referenced_tweets"] == [{"type": "replied_to", "id": root}]
    assert (newest["id"], newest["conversation_id"]) == (reply, root)
    assert newest["created_at"].endswith("Z")
    assert ids(timeline(x, exclude="replies")) == [root]


@pytest.mark.parametrize(
    "query",
    [
        {"max_results": "4"},
        {"max_results": "101"},
        {"max_results": "ten"},
        {"limit": "5"},
        {"since_id": "x"},
        {"start_time": "yesterday"},
        {"start_time": "2027-02-31T00:00:00Z"},
        {"tweet.fields": "creation"},
        {"exclude": "quotes"},
        {"pagination_token": "!!"},
    ],
)
def test_timeline_is_strict(x: XClient, query: dict[str, str]) -> None:
    answer = x.call("GET", f"/2/users/{x.account['user_id']}/tweets", params=query)
    assert next(iter(query)) in str(answer.json()["errors"])
    assert errors(answer)


def test_lag_hides_a_post_from_listings_only(x: XClient, sandbox: Sandbox, http: requests.Session) -> None:
    order = {"channel": "x", "fault": "lag", "seconds": 0.4, "method": "POST"}
    http.post(f"{sandbox.url}/_sandbox/faults", json=order)
    made = x.posted(text="satu")
    assert ids(timeline(x)) == []
    assert len(http.get(f"{sandbox.url}/_sandbox/objects").json()["objects"]) == 1
    eventually(lambda: ids(timeline(x)) == [made])


def test_media_come_back_with_alt_text_and_a_link(x: XClient, sandbox: Sandbox) -> None:

    media_id = upload(x, picture("JPEG"))
    described = {"id": media_id, "metadata": {"alt_text": {"text": "Loket"}}}
    x.call("POST", "/2/media/metadata", json=described)
    made = x.posted(text="foto", media={"media_ids": [media_id]})
    query = {
        "expansions": "attachments.media_keys",
        "media.fields": "alt_text",
        "tweet.fields": "entities,attachments",
    }
    answer = x.call("GET", f"/2/tweets/{made}", params=query).json()
    assert answer["includes"]["media"] == [
        {"media_key": f"3_{media_id}", "type": "photo", "alt_text": "Loket"}
    ]
    (link,) = answer["data"]["entities"]["urls"]
    assert answer["data"]["text"] == f"foto {link['url']}"
    assert link["expanded_url"] == f"https://x.com/kotacontoh/status/{made}/photo/1"
    sandbox.state.settings["x.media_link"] = False
    assert x.post(text="lain", media={"media_ids": [media_id]}).json()["data"]["text"] == "lain"


def test_rate_windows(x: XClient, sandbox: Sandbox) -> None:
    first = x.post(text="satu").headers
    assert (first["x-rate-limit-limit"], first["x-rate-limit-remaining"]) == ("100", "99")
    assert 0 < int(first["x-rate-limit-reset"]) - time.time() <= 900
    assert "x-user-limit-24hour-limit" not in first
    sandbox.state.settings |= {"x.limits": {"post": 3}, "x.user_24h": 3}
    assert x.post(text="dua").headers["x-user-limit-24hour-remaining"] == "1"
    assert x.post(text="tiga").status_code == 201
    spent = x.post(text="empat")
    assert spent.status_code == 429
    assert spent.json() == {
        "title": "Too Many Requests",
        "detail": "Too Many Requests",
        "type": "about:blank",
        "status": 429,
    }
    assert spent.headers["x-rate-limit-remaining"] == "0"
    assert x.call("GET", "/2/users/me").ok, "each endpoint has a window of its own"


def test_the_day_is_limited_when_set(x: XClient, sandbox: Sandbox) -> None:
    sandbox.state.settings["x.user_24h"] = 1
    x.posted(text="satu")
    spent = x.post(text="dua")
    assert spent.status_code == 429
    assert spent.headers["x-user-limit-24hour-remaining"] == "0"
    assert int(spent.headers["x-rate-limit-remaining"]) > 0
    assert int(spent.headers["x-user-limit-24hour-reset"]) - time.time() > 80_000


def test_credits_run_out(x: XClient, sandbox: Sandbox) -> None:
    sandbox.state.settings["x.credits"] = 1
    x.posted(text="satu")
    spent = x.post(text="dua")
    assert (spent.status_code, spent.json()["title"]) == (402, "CreditsDepleted")


def test_unknown_paths_are_404_as_json(x: XClient) -> None:
    assert x.call("GET", "/2/nothing").json()["status"] == 404


class Wrong:
    """Ways in which credentials can be wrong."""

    @staticmethod
    def keys(x: XClient, **other: str) -> OAuth1:
        given = {**x.account, **other}
        return OAuth1(
            *[given[k] for k in ("api_key", "api_key_secret", "access_token", "access_token_secret")]
        )


@pytest.mark.parametrize("field", ["api_key", "api_key_secret", "access_token", "access_token_secret"])
def test_each_key_must_be_right(x: XClient, field: str) -> None:
    answer = x.call("GET", "/2/users/me", auth=Wrong.keys(x, **{field: "wrong"}))
    assert answer.status_code == 401
    assert answer.json() == {
        "title": "Unauthorized",
        "type": "about:blank",
        "status": 401,
        "detail": "Unauthorized",
    }
    assert "x-rate-limit-limit" in answer.headers


def test_a_signature_is_for_one_request_once(x: XClient) -> None:
    signed = x.auth(requests.Request("GET", f"{x.account['base_url']}/2/users/me").prepare())
    header = {"Authorization": signed.headers["Authorization"].decode()}
    plain = requests.Session()
    plain.trust_env = False
    url = x.account["base_url"]
    assert plain.get(f"{url}/2/users/me", headers=header, params={"user.fields": "id"}).status_code == 401
    assert plain.post(f"{url}/2/tweets", headers=header, json={"text": "a"}).status_code == 401
    assert plain.get(f"{url}/2/users/me", headers=header).status_code == 200
    assert plain.get(f"{url}/2/users/me", headers=header).status_code == 401, "a nonce works once"
    plain.close()


def test_old_signatures_are_refused(x: XClient, sandbox: Sandbox) -> None:
    old = OAuth1(
        *[x.account[k] for k in ("api_key", "api_key_secret", "access_token", "access_token_secret")]
    )
    old.client.timestamp = str(int(time.time()) - 400)
    assert x.call("GET", "/2/users/me", auth=old).status_code == 401
    sandbox.state.settings["x.clock_skew"] = 500
    assert x.call("GET", "/2/users/me", auth=old).status_code == 200


def test_app_only_and_unknown_bearers(x: XClient, http: requests.Session) -> None:
    url = f"{x.account['base_url']}/2/tweets"
    app = {"Authorization": f"Bearer {x.account['app_bearer']}"}
    refused = http.post(url, headers=app, json={"text": "a"})
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/unsupported-authentication")
    assert http.post(url, headers={"Authorization": "Bearer x"}, json={"text": "a"}).status_code == 401
    assert http.post(url, json={"text": "a"}).status_code == 401
