"""WhatsApp's session against the strict sandbox: what is sent, and what each answer means."""

from datetime import timedelta

import pytest

from humaspost.channels.http.client import HttpClient
from humaspost.channels.meta_graph import GraphClient
from humaspost.channels.whatsapp import WhatsApp
from humaspost.channels.whatsapp.errors import ERROR_ROWS, wait_for
from humaspost.channels.whatsapp.templates import fetch_templates
from humaspost.model.channel import ManualSteps, Ready
from humaspost.model.delivery import Proof, Receipt, Recipient
from humaspost.model.errors import (
    AuthFailed,
    RateLimited,
    Rejected,
    Scope,
    Transient,
    UnknownOutcome,
)
from humaspost.model.rendition import Part
from tests.channels.whatsapp.conftest import PERSON, SessionHarness
from tests.support.channel_context import attempted, jpeg, prepared


def test_whoami_names_the_number_masked(harness: SessionHarness) -> None:
    identity = harness.session.whoami()
    assert (identity.platform_id, identity.display_name) == (harness.config.phone_number_id, "+62 811-**-00")


def test_the_status_includes_every_page_of_templates(harness: SessionHarness) -> None:
    facts = harness.session.fetch_status()
    known = {t.name: t for t in facts.templates}
    assert (known["pengumuman"].status, known["pengumuman"].param_count) == ("APPROVED", 3)
    assert (known["pengumuman_gambar"].header_kind, known["pengumuman_dokumen"].header_kind) == (
        "image",
        "document",
    )
    assert known["peringatan_dini_cuaca"].param_count == 4
    assert known["undangan_rapat_warga"].status == "PENDING"
    assert facts.extra["quality_rating"]
    assert isinstance(facts.extra["subscribed_apps"], int)


def test_pages_are_followed_to_the_end(harness: SessionHarness) -> None:
    token = harness.context.secret("access_token")
    with HttpClient(harness.config.api_url) as wire:
        graph = GraphClient(
            wire, token=token, error_rows=ERROR_ROWS, now=harness.context.now, wait_for=wait_for
        )
        by_four = fetch_templates(graph, harness.config.business_account_id, per_page=4)
    assert by_four == harness.session.fetch_status().templates
    assert len(by_four) > 8


def test_free_text_inside_the_window(harness: SessionHarness) -> None:
    receipt = harness.published(harness.part(), window=True)
    (shown,) = harness.objects()
    assert (receipt.remote_id, shown.text, shown.to) == (shown.id, "*Judul*\n\nHalo.", PERSON.phone)
    assert shown.template is None


def test_a_template_outside_the_window(harness: SessionHarness) -> None:
    harness.published(harness.part(), key="hp1:abc:7")
    (shown,) = harness.objects()
    assert shown.template == "pengumuman"
    assert "*Judul*" in shown.text
    assert shown.extra["callback"] == "hp1:abc:7"


@pytest.mark.parametrize(
    ("name", "template", "kind"),
    [
        ("a.jpg", "pengumuman_gambar", "image/jpeg"),
        ("undangan.pdf", "pengumuman_dokumen", "application/pdf"),
    ],
)
def test_a_medium_is_uploaded_once_and_sent_by_id(
    harness: SessionHarness, name: str, template: str, kind: str
) -> None:
    part = harness.part(name=name, template=template)
    ready = prepared(harness.session, part)
    people = [Recipient(f"r{n}", f"+62812000000{n:02}") for n in range(1, 4)]
    for person in people:
        harness.session.publish(part, ready, key="k", to=person, reply_to=None)
    assert [o.to for o in harness.objects()] == [p.phone for p in people]
    assert {m.type for o in harness.objects() for m in o.media} == {kind}
    uploads = [
        r for r in harness.sandbox.state.requests if r["path"].endswith("/media") and r["method"] == "POST"
    ]
    assert len(uploads) == 1


def test_inside_the_window_the_text_is_the_caption(harness: SessionHarness) -> None:
    harness.published(harness.part(name="a.jpg"), window=True)
    (shown,) = harness.objects()
    assert shown.text == "*Judul*\n\nHalo."
    assert len(shown.media) == 1


def test_an_upload_is_reused_for_its_life_and_then_made_again(harness: SessionHarness) -> None:
    part = harness.part(name="a.jpg", template="pengumuman_gambar")
    first = prepared(harness.session, part)
    again = harness.session.prepare(part, first.token)
    assert again == first
    harness.context.later = timedelta(days=29, minutes=1)
    with pytest.raises(Transient) as old:
        harness.session.publish(part, first, key="k", to=PERSON, reply_to=None)
    assert old.value.restart_preparation
    anew = harness.session.prepare(part, first.token)
    assert isinstance(anew, Ready)
    assert anew != first


def test_an_upload_that_whatsapp_forgot_is_made_again(harness: SessionHarness) -> None:
    part = harness.part(name="a.jpg", template="pengumuman_gambar")
    first = prepared(harness.session, part)
    harness.sandbox.platforms["whatsapp"].business.file_store.files.clear()
    with pytest.raises(Transient) as gone:
        harness.session.publish(part, first, key="k", to=PERSON, reply_to=None)
    assert (gone.value.code, gone.value.restart_preparation, gone.value.max_attempts) == (
        "media-gone",
        True,
        3,
    )
    harness.published(part)
    assert len(harness.objects()) == 1


@pytest.mark.parametrize("code", [100, 131009, 131053])
def test_another_wrong_value_is_no_lost_upload(harness: SessionHarness, code: int) -> None:
    part = harness.part(name="a.jpg", template="pengumuman_gambar")
    ready = prepared(harness.session, part)
    harness.inject_fault(
        "status", status=400, body={"error": {"code": code, "message": "wrong"}}, acted=False
    )
    with pytest.raises(Rejected):
        harness.session.publish(part, ready, key="k", to=PERSON, reply_to=None)


@pytest.mark.parametrize(
    ("status", "note"),
    [("accepted", ""), ("held_for_quality_assessment", "held-for-quality"), ("paused", "template-paused")],
)
def test_a_message_kept_back_is_reported(harness: SessionHarness, status: str, note: str) -> None:
    body = {"messages": [{"id": "wamid.A", "message_status": status}]}
    harness.inject_fault("status", status=200, body=body, acted=False)
    assert harness.published(harness.part()).note == note


@pytest.mark.parametrize(
    "token", [None, 3, {}, {"media": "1", "at": "x"}, {"media": "1", "at": "2026-01-01T00:00:00"}]
)
def test_an_unreadable_token_uploads_again(harness: SessionHarness, token: object) -> None:
    ready = harness.session.prepare(harness.part(name="a.jpg"), token)
    assert isinstance(ready, Ready)
    assert ready.token != token


def test_outside_the_window_a_part_without_template_is_refused_and_not_sent(harness: SessionHarness) -> None:
    with pytest.raises(Rejected) as error:
        harness.session.publish(Part(1, "a"), Ready({}), key="k", to=PERSON, reply_to=None)
    assert error.value.scope is Scope.RECIPIENT
    assert harness.sandbox.state.requests == []


def test_where_the_window_closed_meanwhile_the_gate_decides_what_goes_instead(
    harness: SessionHarness,
) -> None:
    """The template went at once: uncounted, and to people who want no marketing."""
    open_ = Recipient("r", PERSON.phone, True)
    for part in (harness.part(), Part(1, "a")):
        with pytest.raises(Transient) as error:
            harness.session.publish(part, Ready({}), key="k", to=open_, reply_to=None)
        assert (error.value.code, error.value.scope, error.value.window_closed) == (
            "131047",
            Scope.RECIPIENT,
            True,
        )
    assert harness.objects() == []


def test_the_country_code_is_always_sent(harness: SessionHarness) -> None:
    harness.session.publish(
        harness.part(), Ready({}), key="k", to=Recipient("r", "6281200000009"), reply_to=None
    )
    assert harness.objects()[0].to == "+6281200000009"


@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "garbage", "empty-2xx", "redirect"])
def test_a_message_without_a_clear_answer_is_unknown_and_has_no_lookup(
    harness: SessionHarness, fault: str
) -> None:
    part = harness.part()
    harness.inject_fault(fault)
    with pytest.raises(UnknownOutcome):
        harness.published(part)
    assert len(harness.objects()) == int(fault in ("drop-after", "garbage", "empty-2xx"))
    before = len(harness.sandbox.state.requests)
    assert harness.session.find(attempted(part, Ready({})), to=PERSON) is Proof.CANNOT_TELL
    assert len(harness.sandbox.state.requests) == before
    assert WhatsApp.lookup_schedule.delays == ()


def test_a_lost_upload_is_only_tried_again(harness: SessionHarness) -> None:
    for fault in ("drop-before", "drop-after", "garbage", "empty-2xx", "redirect"):
        harness.inject_fault(fault, "/media$")
        with pytest.raises(Transient):
            harness.session.prepare(harness.part(name="a.jpg"), None)


def test_a_file_that_vanished_is_tried_again_and_never_a_bare_oserror(harness: SessionHarness) -> None:
    part = harness.part(name="a.jpg")
    fit = harness.context.fit_media(part.media[0])
    fit.path.unlink()
    harness.context.fit_media = lambda media: fit  # type: ignore[method-assign]
    with pytest.raises(Transient):
        harness.session.prepare(part, None)


def test_the_pair_limit_waits_longer_each_time_and_only_for_this_person(harness: SessionHarness) -> None:
    harness.sandbox.state.settings["whatsapp.pair_burst"] = 1
    harness.published(harness.part())
    waits = []
    for attempt in (1, 2, 3, 99):
        with pytest.raises(RateLimited) as error:
            harness.published(harness.part(), key=f"hp1:k:{attempt}")
        assert error.value.scope is Scope.RECIPIENT
        waits.append(round((error.value.retry_at - harness.context.now()).total_seconds()))
    assert waits == [6, 16, 64, 4096]
    harness.published(harness.part(), to=Recipient("r2", "+6281200000002"))


def test_throughput_slows_the_whole_number_for_seconds(harness: SessionHarness) -> None:
    harness.inject_fault("status", status=400, body={"error": {"code": 130429, "message": "Rate limit hit"}})
    with pytest.raises(RateLimited) as error:
        harness.published(harness.part())
    assert error.value.scope is Scope.ACCOUNT
    assert error.value.retry_at - harness.context.now() <= timedelta(seconds=5)


def test_a_wrong_token_is_for_a_person_and_never_displayed(harness: SessionHarness) -> None:
    harness.context.secrets["access_token"] = "EAAwrongtoken"
    with WhatsApp().open(harness.config, harness.context) as session, pytest.raises(AuthFailed) as error:
        session.whoami()
    assert "EAAwrongtoken" not in str(error.value)


def test_a_message_has_no_delete_and_no_read_back(harness: SessionHarness) -> None:
    receipt = Receipt("wamid.A", harness.context.now())
    assert isinstance(harness.session.retract(receipt), ManualSteps)
    assert harness.session.read_back(receipt) is None


def test_what_is_uploaded_is_the_fitted_file(harness: SessionHarness) -> None:
    part = harness.part(name="a.jpg")
    harness.published(part, window=True)
    (shown,) = harness.objects()
    assert shown.media[0].data == jpeg()
