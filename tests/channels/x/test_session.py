"""X's session against the strict sandbox: what is written, and what is told of it."""

import json
import subprocess
import sys
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from humaspost.base.canonical_json import Json
from humaspost.channels.x import X
from humaspost.channels.x.media_upload import CHUNK_BYTES
from humaspost.model.channel import ManualSteps, NotReady, Ready, Retracted
from humaspost.model.delivery import Receipt
from humaspost.model.errors import AuthFailed, Rejected, Transient, UnknownOutcome
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Part
from tests.channels.x.conftest import SessionHarness
from tests.support.channel_context import prepared


def test_importing_the_channel_imports_no_library_of_the_network() -> None:
    code = "import sys, humaspost.channels.x; print(sorted({'tweepy', 'requests', 'urllib3'} & set(sys.modules)))"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


def test_whoami_names_the_account_by_its_own_id(harness: SessionHarness) -> None:
    identity = harness.session.whoami()
    assert (identity.platform_id, identity.display_name) == ("1580218334410428416", "@kotacontoh")


def test_another_accounts_keys_are_for_a_person(harness: SessionHarness) -> None:
    config = harness.config.model_copy(update={"handle": "@lain"})
    with (
        X().open(config, harness.context) as session,
        pytest.raises(AuthFailed, match=r"wrong-account.*@kotacontoh"),
    ):
        session.whoami()


def test_a_missing_secret_is_reported_before_any_request(harness: SessionHarness) -> None:
    del harness.context.secrets["api_key_secret"]
    with pytest.raises(AuthFailed, match="secret-missing"), X().open(harness.config, harness.context):
        pass


def test_reading_the_status_requests_nothing_that_costs_money(harness: SessionHarness) -> None:
    """Its question told of the reads of a day, which were taken for posts."""
    before = len(harness.count_requests("GET"))
    assert harness.session.fetch_status().quotas == {}
    assert len(harness.count_requests("GET")) == before


@pytest.mark.parametrize("name", ["\x1b[31mkota", "a b", "", "x" * 21, "kota\u202e", 5])
def test_an_account_name_that_x_never_assigns_is_not_believed(harness: SessionHarness, name: object) -> None:
    harness.inject_fault(
        "status", "/users/me$", status=200, body={"data": {"id": "1", "username": name}}, acted=False
    )
    with pytest.raises(Transient, match="unreadable-answer"):
        harness.session.whoami()


def test_a_text_is_published_once_with_its_receipt(harness: SessionHarness) -> None:
    receipt = harness.publish(Part(1, "Halo & <warga> https://kota.go.id/a #Tagar"))
    (shown,) = harness.objects()
    assert shown.text == "Halo & <warga> https://kota.go.id/a #Tagar"
    assert receipt.remote_id == shown.id
    assert receipt.url == f"https://x.com/i/status/{shown.id}"


def test_four_images_with_their_words(harness: SessionHarness) -> None:
    harness.publish(harness.images(4))
    (shown,) = harness.objects()
    assert [(item.type, item.alt) for item in shown.media] == [
        ("image/jpeg", f"Gambar {n}.") for n in range(4)
    ]


def test_each_step_of_preparing_is_one_write(harness: SessionHarness) -> None:
    before = 0
    part = harness.images(2)
    token: Json = None
    while not isinstance(step := harness.session.prepare(part, token), Ready):
        assert len(harness.count_requests("POST")) == before + 1
        before, token = before + 1, step.token
    assert before == 8
    assert harness.objects() == []


def test_preparing_goes_on_after_every_restart(harness: SessionHarness) -> None:
    part = harness.images(2)
    step: Ready | NotReady = NotReady(None)
    while isinstance(step, NotReady):
        kept = json.loads(json.dumps(step.token))
        with X().open(harness.config, harness.context) as session:
            step = session.prepare(part, kept)
    harness.session.publish(part, step, key="k", to=None, reply_to=None)
    assert [item.alt for item in harness.objects()[0].media] == ["Gambar 0.", "Gambar 1."]


def _noise(side: int) -> bytes:
    """A PNG that does not compress: larger than one piece of an upload."""
    file = BytesIO()
    Image.effect_noise((side, side), 90).save(file, "PNG")
    return file.getvalue()


def _attached(harness: SessionHarness, data: bytes, kind: MediaKind, mime: str) -> Attachment:
    item = harness.context.add(data, name=f"a.{mime.rpartition('/')[2]}")
    return Attachment(item.path, item.sha256, kind, mime, item.size, "Derau.", 0)


def test_a_large_file_goes_up_in_pieces(harness: SessionHarness) -> None:
    item = _attached(harness, _noise(1600), MediaKind.IMAGE, "image/png")
    assert item.size > CHUNK_BYTES
    harness.publish(Part(1, "Besar.", (item,)))
    appends = [path for path in harness.count_requests("POST") if path.endswith("/append")]
    assert len(appends) == -(-item.size // CHUNK_BYTES)
    assert harness.objects()[0].media[0].sha256 == item.sha256


def _gif() -> bytes:
    file = BytesIO()
    frames = [Image.new("P", (64, 64), colour) for colour in (1, 2)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


def test_a_gif_is_waited_for(harness: SessionHarness) -> None:
    harness.set(processing_seconds=0.05, check_after_secs=2)
    part = Part(1, "Gerak.", (_attached(harness, _gif(), MediaKind.GIF, "image/gif"),))
    waits = []
    step: Ready | NotReady = NotReady(None)
    while isinstance(step, NotReady):
        step = harness.session.prepare(part, step.token)
        waits += [step.retry_after] if isinstance(step, NotReady) and step.retry_after else []
    assert waits[0] == 2.0
    harness.session.publish(part, step, key="k", to=None, reply_to=None)
    assert harness.objects()[0].media[0].type == "image/gif"


def test_a_gif_that_x_is_unable_to_read_is_refused(harness: SessionHarness) -> None:
    harness.set(processing_seconds=0, processing_ends="failed")
    part = Part(1, "Gerak.", (_attached(harness, _gif(), MediaKind.GIF, "image/gif"),))
    with pytest.raises(Rejected, match="media-failed"):
        prepared(harness.session, part)


def test_a_file_that_changed_is_never_sent(harness: SessionHarness) -> None:
    part = harness.images()
    harness.context.files.clear()
    with pytest.raises(Rejected, match="media-changed"):
        harness.session.prepare(part, None)
    assert harness.count_requests("POST") == []


def test_an_upload_that_x_forgot_is_made_again(harness: SessionHarness) -> None:
    part = harness.images()
    ready = prepared(harness.session, part)
    harness.context.later = timedelta(days=2)
    with pytest.raises(Transient, match="media-expired") as expired:
        harness.session.publish(part, ready, key="k", to=None, reply_to=None)
    assert expired.value.restart_preparation
    harness.context.later = timedelta(hours=23, minutes=55)
    assert isinstance(harness.session.prepare(part, ready.token), NotReady)


def test_media_that_x_does_not_take_any_more_are_made_again(harness: SessionHarness) -> None:
    part = harness.images()
    entry = {
        "sha256": part.media[0].sha256,
        "id": "12345",
        "stage": "done",
        "sent": 1,
        "until": "2999-01-01T00:00:00+00:00",
    }
    with pytest.raises(Transient, match="media-not-ready") as error:
        harness.session.publish(part, Ready({"media": [entry]}), key="k", to=None, reply_to=None)
    assert error.value.restart_preparation


@pytest.mark.parametrize("call", ["initialize", "append", "finalize", "metadata"])
@pytest.mark.parametrize("fault", ["drop-before", "drop-after", "garbage", "empty-2xx", "redirect"])
def test_preparing_survives_whatever_fails_in_a_step(harness: SessionHarness, call: str, fault: str) -> None:
    harness.inject_fault(fault, f"{call}$")
    part = harness.images()
    token: Json = None
    errors = 0
    for _ in range(20):
        try:
            step = harness.session.prepare(part, token)
        except Transient as error:
            errors += 1
            token = None if error.restart_preparation else token
            continue
        token = step.token
        if isinstance(step, Ready):
            break
    # X answers append with nothing that is needed, so a lost answer's body there is no loss.
    assert errors >= (0 if call == "append" and fault in ("garbage", "empty-2xx") else 1)
    harness.session.publish(part, step, key="k", to=None, reply_to=None)  # type: ignore[arg-type]
    assert len(harness.objects()) == 1


def test_a_thread_is_linked_by_its_receipts(harness: SessionHarness) -> None:
    first = harness.publish(Part(1, "Satu."))
    second = harness.publish(Part(2, "Dua."), reply_to=first)
    harness.publish(Part(3, "Tiga."), reply_to=second)
    assert [found.reply_to for found in harness.objects()] == [None, first.remote_id, second.remote_id]


def test_a_reply_to_what_has_no_id_is_never_sent_as_a_post_of_its_own(harness: SessionHarness) -> None:
    with pytest.raises(Rejected, match="reply-unknown"):
        harness.publish(Part(2, "Dua."), reply_to=Receipt(None, harness.context.now()))
    assert harness.count_requests() == []


def test_what_only_x_has(harness: SessionHarness) -> None:
    extra: dict[str, Any] = {
        "poll": {"options": ["Ya", "Tidak"], "duration_minutes": 4320},
        "reply_settings": "mentionedUsers",
        "made_with_ai": True,
        "paid_partnership": True,
    }
    harness.publish(Part(1, "Pilih.", extra=extra))
    body = next(r["body"] for r in harness.sandbox.state.requests if r["path"].endswith("/2/tweets"))
    assert body == {"text": "Pilih.", **extra}
    assert harness.objects()[0].poll is not None


def test_what_the_sandbox_refuses_by_x_s_own_rules_is_refused_for_good(harness: SessionHarness) -> None:
    for part in (
        Part(1, "x" * 281),
        Part(1, "$AAA $BBB"),
        Part(1, "a", extra={"reply_settings": "everyone"}),
    ):
        with pytest.raises(Rejected):
            harness.publish(part)
    assert harness.objects() == []


def test_a_post_is_taken_back(harness: SessionHarness) -> None:
    receipt = harness.publish(Part(1, "Salah."))
    assert isinstance(harness.session.retract(receipt), Retracted)
    assert harness.objects() == []
    assert isinstance(harness.session.retract(receipt), Retracted)
    assert isinstance(harness.session.retract(Receipt(None, harness.context.now())), ManualSteps)


def test_taking_back_is_a_public_write(harness: SessionHarness) -> None:
    receipt = harness.publish(Part(1, "Salah."))
    for fault in ("drop-after", "garbage", "empty-2xx"):
        harness.inject_fault(fault, "/2/tweets/", method="DELETE")
        with pytest.raises(UnknownOutcome):
            harness.session.retract(receipt)


def test_what_is_live_is_read_back_as_it_was_written(harness: SessionHarness) -> None:
    receipt = harness.publish(Part(1, "Halo & <warga> https://kota.go.id/a"))
    snapshot = harness.session.read_back(receipt)
    assert snapshot is not None
    assert (snapshot.text, snapshot.media_count) == ("Halo & <warga> https://kota.go.id/a", 0)
    pictured = harness.session.read_back(harness.publish(harness.images(2)))
    assert pictured is not None
    assert (pictured.text, pictured.media_count) == ("Bergambar.", 2)
    harness.session.retract(receipt)
    assert harness.session.read_back(receipt) is None
    assert harness.session.read_back(Receipt(None, harness.context.now())) is None


def test_no_library_logs_a_secret(harness: SessionHarness, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        harness.publish(harness.images())
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert not any(secret in logged for secret in harness.context.secrets.values())
    assert "OAuth" not in logged
