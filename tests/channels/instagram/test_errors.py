"""Every row of Instagram's error table, answered over a real socket, ends as the contract says."""

import json
import sys
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from humaspost.channels.error_table import Refusal, classify
from humaspost.channels.instagram.errors import ERROR_ROWS
from humaspost.channels.instagram.reconcile import MEDIA_FIELDS
from humaspost.model.channel import Ready
from humaspost.model.errors import (
    AuthFailed,
    ChannelError,
    QuotaExceeded,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)
from humaspost.model.rendition import Part
from tests.channels.instagram.conftest import SessionHarness
from tests.support.channel_context import prepared
from tests.support.reference_data import shared

Kind = type[ChannelError]
#: What the contract's action means: while a container is made, and on the public write.
ACTIONS: dict[str, tuple[Kind, Kind]] = {
    "retry_new_container": (Transient, UnknownOutcome),
    "ambiguous_retry": (Transient, UnknownOutcome),
    "permanent": (Rejected, Rejected),
    "hold_reconcile": (AuthFailed, UnknownOutcome),
    "quota": (QuotaExceeded, QuotaExceeded),
    "retry_same_container": (Transient, UnknownOutcome),
    "account_action": (AuthFailed, AuthFailed),
    "retry_then_permanent": (Transient, UnknownOutcome),
    "poll_same_container": (Transient, Transient),
}
#: An expired medium is refused before anything is done: that needs no look.
PROVED = {2207020: Transient}
#: Those on which a new container helps, not the same again.
REDO = {"retry_new_container", "retry_same_container", "retry_then_permanent"}

GRAPH: list[tuple[int, int | None, Kind, Kind]] = [
    (1, None, Transient, UnknownOutcome),
    (2, None, Transient, UnknownOutcome),
    (4, None, RateLimited, RateLimited),
    (17, None, RateLimited, RateLimited),
    (32, None, RateLimited, RateLimited),
    (613, None, RateLimited, RateLimited),
    (80002, None, RateLimited, RateLimited),
    (10, None, AuthFailed, AuthFailed),
    (102, None, AuthFailed, AuthFailed),
    (190, 463, AuthFailed, AuthFailed),
    (190, 460, AuthFailed, AuthFailed),
    (200, None, AuthFailed, AuthFailed),
    (299, None, AuthFailed, AuthFailed),
    (368, None, AuthFailed, AuthFailed),
    (100, None, Rejected, Rejected),
    (100, 33, Transient, UnknownOutcome),
    (506, None, Transient, UnknownOutcome),
    (110, 2207018, Rejected, Rejected),
    (100, 2207089, Rejected, Rejected),
    (-1, 2207076, Transient, UnknownOutcome),
    (-1, None, Transient, UnknownOutcome),
    (987654, None, Transient, UnknownOutcome),
]


def answered(
    harness: SessionHarness, code: int, subcode: int | None, *, at: str, ready: Ready
) -> ChannelError:
    """The error that a call ends with when Instagram answers so."""
    error = {"message": "words in any language", "type": "OAuthException", "code": code}
    body = {"error": error | ({} if subcode is None else {"error_subcode": subcode})}
    harness.inject_fault("status", f"/{at}$", method="POST", status=400, body=body, acted=False)
    part = harness.part()
    calls = {
        "media": partial(harness.session.prepare, part, None),
        "media_publish": partial(harness.session.publish, part, ready, key="k", to=None, reply_to=None),
    }
    with pytest.raises(ChannelError) as caught:
        calls[at]()
    return caught.value


def classified_rows(
    harness: SessionHarness, rows: list[tuple[int, int | None, Kind, Kind]]
) -> dict[Any, Any]:
    """The rows that do not end as they should: what they ended as."""
    ready = prepared(harness.session, harness.part())
    wrong: dict[Any, Any] = {}
    for code, subcode, creating, publishing in rows:
        for at, kind in (("media", creating), ("media_publish", publishing)):
            error = answered(harness, code, subcode, at=at, ready=ready)
            named = error.code == (f"{code}/{subcode}" if subcode else str(code))
            if type(error) is not kind or not named:
                wrong[code, subcode, at] = (type(error).__name__, error.code)
    assert harness.objects() == []
    return wrong


def test_metas_own_table(harness: SessionHarness) -> None:
    table = _table()
    assert len(table) >= 23
    rows = []
    for row in table:
        creating, publishing = ACTIONS[row["action"]]
        publishing = PROVED.get(row["subcode"], publishing)
        rows.append((row["code"], row["subcode"], creating, publishing))
    assert classified_rows(harness, rows) == {}


def _table() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(
        shared("contracts/data/instagram/meta-docs/error-codes.json").read_text()
    )["errors"]
    return found


def test_metas_own_table_where_a_container_reports_it(harness: SessionHarness) -> None:
    """A container that failed says why in words, with the subcode in them."""
    part = harness.part()
    token = harness.session.prepare(part, None).token
    wrong = {}
    for row in _table():
        said = f"Error: Media upload has failed with error code {row['subcode']}"
        body = {"status_code": "ERROR", "status": said}
        harness.inject_fault("status", r"/v26.0/\d+$", method="GET", status=200, body=body, acted=False)
        with pytest.raises(ChannelError) as caught:
            harness.session.prepare(part, token)
        expected, error = ACTIONS[row["action"]][0], caught.value
        if type(error) is not expected or (expected is Transient and not error.restart_preparation):
            wrong[row["subcode"]] = (type(error).__name__, error.code)
    assert wrong == {}


def test_metas_own_table_where_an_upload_is_refused_with_it(facebook: SessionHarness) -> None:
    part = facebook.reel()
    token = facebook.session.prepare(part, None).token
    wrong = {}
    for row in _table():
        inner = json.dumps({"success": False, "error": {"message": f"{row['subcode']}: words"}})
        body = {"debug_info": {"retriable": False, "type": "ProcessingFailedError", "message": inner}}
        facebook.inject_fault("status", "/ig-api-upload/", method="POST", status=400, body=body, acted=False)
        with pytest.raises(ChannelError) as caught:
            facebook.session.prepare(part, token)
        if type(caught.value) is not ACTIONS[row["action"]][0]:
            wrong[row["subcode"]] = (type(caught.value).__name__, caught.value.code)
    assert wrong == {}


def test_graphs_own_numbers_and_those_observed_in_the_field(harness: SessionHarness) -> None:
    assert classified_rows(harness, GRAPH) == {}


def test_a_new_container_is_made_where_the_contract_requires_it(harness: SessionHarness) -> None:
    table = _table()
    for row in table:
        error = answered(harness, row["code"], row["subcode"], at="media", ready=Ready({}))
        assert getattr(error, "restart_preparation", False) == (row["action"] in REDO), row


def test_scopes_name_what_is_stopped(harness: SessionHarness) -> None:
    ready = prepared(harness.session, harness.part())
    for (code, subcode, at), scope in {
        (4, 2207051, "media_publish"): Scope.ACCOUNT,
        (-1, 2207001, "media_publish"): Scope.DELIVERY,
        (25, 2207050, "media_publish"): Scope.ACCOUNT,
        (36003, 2207009, "media"): Scope.POST,
        (9, 2207042, "media_publish"): Scope.ACCOUNT,
        (9007, 2207027, "media_publish"): Scope.DELIVERY,
    }.items():
        assert answered(harness, code, subcode, at=at, ready=ready).scope is scope, (code, subcode)


@pytest.mark.parametrize(
    ("code", "subcode", "lasting"),
    [
        ("4", "2207051", True),
        ("25", "2207050", True),
        ("368", "", True),
        ("190", "", False),
        ("200", "", False),
    ],
)
def test_a_restriction_is_ended_by_a_person_and_a_login_by_a_login(
    code: str, subcode: str, *, lasting: bool
) -> None:
    refusal = Refusal(400, code=code, subcode=subcode)
    error = classify(ERROR_ROWS, refusal, call="create", write=False, now=datetime(2027, 2, 3, tzinfo=UTC))
    assert isinstance(error, AuthFailed)
    assert error.persistent is lasting


def test_every_row_names_its_source() -> None:
    assert all(row.source.startswith("https://") for row in ERROR_ROWS)


#: Newer than the April 2026 copy of Meta's specification, with the page that names it.
NEWER = {
    ("media", "is_ai_generated"): "https://developers.facebook.com/docs/instagram-platform/changelog",
}


def test_each_parameter_exists_in_metas_own_specification(
    harness: SessionHarness, facebook: SessionHarness
) -> None:
    spec = json.loads(shared("contracts/data/instagram/meta-codegen-specs/IGUser.json").read_text())
    edges = {
        a.get("endpoint"): {p["name"] for p in a["params"]} for a in spec["apis"] if a["method"] == "POST"
    }
    tags: list[Any] = [{"username": "walikota", "x": 0.5, "y": 0.5, "media": 1}]
    whole = {"collaborators": ["bpbd"], "location_id": "106377336067638", "made_with_ai": True}
    for each in (harness, facebook):
        story = Part(1, "", (each.video(use="story"),), {"format": "story"})
        mixed = Part(1, "a", (*each.part().media, each.video(index=1)), {"format": "feed", **whole})
        parts = (each.part(user_tags=tags), mixed, each.reel(cover=True), each.reel(thumb_offset=1), story)
        for part in parts:
            each.published(part)
    asked: list[tuple[str, str]] = []
    for request in harness.sandbox.state.requests:
        edge = request["path"].rpartition("/")[2]
        if request["method"] == "POST" and edge in edges:
            asked += [(edge, name) for name in request["body"]]
    unknown = {(edge, name) for edge, name in asked if name not in edges[edge]}
    assert unknown == set(NEWER)
    sys.stdout.write(f"{len(asked)} parameters judged, {len(NEWER)} of them newer\n")
    assert len(set(asked)) >= 16


def test_each_field_exists_in_metas_own_specification() -> None:
    folder = "contracts/data/instagram/meta-codegen-specs/"
    media = {f["name"] for f in json.loads(shared(folder + "IGMedia.json").read_text())["fields"]}
    builder = {
        f["name"] for f in json.loads(shared(folder + "ShadowIGMediaBuilder.json").read_text())["fields"]
    }
    assert set(MEDIA_FIELDS.split(",")) <= media
    assert {"status_code", "status"} <= builder


def test_a_part_without_anything_prepared_is_never_published(harness: SessionHarness) -> None:
    with pytest.raises(Transient) as error:
        harness.session.publish(Part(1, "a"), Ready({}), key="k", to=None, reply_to=None)
    assert error.value.restart_preparation
    assert harness.sandbox.state.requests == []
