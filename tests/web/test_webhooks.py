"""Real processes: the sandbox signs, ``serve`` takes, and what was unknown is settled."""

import json
import urllib.request

import pytest

from humaspost.channels.whatsapp.webhooks import signature_of
from tests.support.deadlines import SECOND
from tests.support.served_office import ServedOffice
from tests.support.waiting import wait_until

FIRST = "+6281200000013"

#: Many processes each; the rules themselves are tried in test_settling.
pytestmark = pytest.mark.slow


def await_window(office: ServedOffice) -> None:
    """The inbound message is on disk: ``serve`` answered 200 for it."""
    wait_until(lambda: office.query("SELECT * FROM service_window"), within=10 * SECOND)


def post_webhook(office: ServedOffice, wamid: str, callback: str) -> None:
    account = office.sandbox.accounts["whatsapp"]
    status = {"id": wamid, "status": "sent", "timestamp": "1790000000", "biz_opaque_callback_data": callback}
    value = {"metadata": {"phone_number_id": account["phone_number_id"]}, "statuses": [status]}
    body = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()
    request = urllib.request.Request(
        office.callback, body, {"X-Hub-Signature-256": signature_of(body, account["app_secret"])}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
        request, timeout=10 * SECOND
    ) as answer:
        assert answer.status == 200


def lose_responses(office: ServedOffice, count: int = 5) -> None:
    """The next messages are taken by WhatsApp, and its answers are lost."""
    office.sandbox.fault(
        channel="whatsapp", method="POST", path="/messages$", fault="drop-after", count=count
    )


def test_lost_answers_settle_themselves_by_webhook(office: ServedOffice) -> None:
    office.serve()
    lose_responses(office)
    office.message("kabar")
    office.send("kabar")
    rows = office.wait_for_counts(published=5, read=5)
    assert {row["remote_id"] for row in rows} == {o["id"] for o in office.sandbox.objects("whatsapp")}
    assert [row["attempts"] for row in rows] == [1] * 5


@pytest.mark.parametrize(
    "switches",
    [
        {"webhook_order": "reversed", "webhook_copies": 3},
        {"webhook_order": "shuffled", "webhook_copies": 2, "webhook_batch": 1},
        {"webhook_before_response": True},
        {"sent_seconds": 1.0, "delivered_seconds": None, "read_seconds": None},
        {"bsuid": "only"},
    ],
    ids=lambda switches: next(iter(switches)),
)
def test_however_they_come(office: ServedOffice, switches: dict) -> None:
    office.serve()
    office.set_options(**switches)
    lose_responses(office, 2)
    office.message("kabar")
    office.send("kabar")
    stage = "sent" if "sent_seconds" in switches else "read"
    rows = office.wait_for_counts(published=5, **{stage: 5})
    assert len(office.sandbox.objects("whatsapp")) == len(rows) == 5


def test_the_scheduler_notices_at_once(office: ServedOffice) -> None:
    office.serve()
    office.set_options(sent_seconds=1.0, delivered_seconds=None, read_seconds=None)
    lose_responses(office, 5)
    schedule = office.start("schedule", "--jsonl")
    office.message("kabar", due=3)
    schedule.line(lambda line: json.loads(line)["kind"] == "unknown", within=20 * SECOND)
    office.wait_for_counts(published=5, sent=5)
    office.set_options(delivered_seconds=0.05, read_seconds=0.1)
    # Doubts in a row stopped the lane; the proof opened it again.
    office.message("kabar-2", due=2)
    office.wait_for_counts(published=10)
    assert schedule.end() == 0
    assert len(office.sandbox.objects("whatsapp")) == 10


def test_a_webhook_of_the_earlier_attempt_spares_people_a_second_message(office: ServedOffice) -> None:
    lose_responses(office)
    office.message("kabar")
    office.send("kabar")
    office.wait_for_counts(unknown=5)
    office.run("resolve", "kabar", "--retry", "--yes")
    rows = office.wait_for_counts(scheduled=5)
    process = office.serve()
    sent = {one["to"][-2:]: one["id"] for one in office.sandbox.objects("whatsapp")}
    for row in rows:
        post_webhook(office, sent[row["recipient"][-2:]], f"hp1:{row['key']}:1")
    office.wait_for_counts(published=5)
    office.run("run", "--quiet")
    assert len(office.sandbox.objects("whatsapp")) == 5
    assert process.end() == 0


def test_what_meta_never_speaks_of_is_for_a_person_in_bulk(office: ServedOffice) -> None:
    office.serve()
    office.set_options(webhook_drop=1.0)
    lose_responses(office)
    office.message("kabar")
    office.send("kabar")
    assert {row["reason"] for row in office.wait_for_counts(unknown=5)} == {"decision"}
    assert "5 deliveries are published" in office.run("resolve", "kabar", "--published", "--yes").out
    office.wait_for_counts(published=5)
    office.run("run", "--quiet")
    assert len(office.sandbox.objects("whatsapp")) == 5


def test_what_was_told_while_serve_was_down_is_told_again(office: ServedOffice) -> None:
    process = office.serve()
    port = int(json.loads(process.lines[0])["url"].rpartition(":")[2])
    assert process.end() == 0
    lose_responses(office)
    office.message("kabar")
    office.send("kabar")
    office.wait_for_counts(unknown=5)
    office.serve(port=port)
    office.wait_for_counts(published=5)


def test_a_failure_that_comes_later_is_told_with_its_code(office: ServedOffice) -> None:
    process = office.serve()
    office.set_options(undeliverable=[FIRST])
    office.message("kabar")
    office.send("kabar")
    rows = office.wait_for_counts(published=4, failed=1)
    assert [row["reason"] for row in rows if row["state"] == "failed"] == ["131026"]
    process.line(lambda line: json.loads(line)["kind"] == "failed")


def test_who_has_a_username_and_shows_no_number_can_leave(office: ServedOffice) -> None:
    office.serve()
    office.set_options(bsuid="only")
    office.message("lama")
    office.send("lama")
    office.wait_for_counts(read=5)
    office.sandbox.control("inbound", {"from": FIRST, "text": "BERHENTI"})
    wait_until(
        lambda: office.query("SELECT * FROM recipient WHERE opted_out_at IS NOT NULL"), within=10 * SECOND
    )
    office.message("kabar")
    office.send("kabar")
    reached = [o["to"] for o in office.sandbox.objects("whatsapp")]
    assert (reached.count(FIRST), len(reached)) == (1, 9)


def test_whoever_wrote_gets_the_text_itself_and_the_others_a_template(office: ServedOffice) -> None:
    office.message("lama")
    office.send("lama")
    office.serve()
    office.sandbox.control("inbound", {"from": FIRST, "text": "Terima kasih"})
    office.message("kabar")
    await_window(office)
    office.send("kabar")
    shown = {o["to"]: o["template"] for o in office.sandbox.objects("whatsapp")[5:]}
    assert shown.pop(FIRST) is None
    assert set(shown.values()) == {"pengumuman"}


def test_who_stops_marketing_is_sent_no_marketing_until_they_take_that_back(office: ServedOffice) -> None:
    process = office.serve()
    office.sandbox.control("preference", {"from": FIRST, "value": "stop"})
    process.line(lambda line: json.loads(line)["kind"] == "no-marketing")
    office.message("kabar")
    office.send("kabar")
    refused = [row["reason"] for row in office.deliveries() if row["state"] == "refused"]
    assert refused == ["no-marketing"]
    assert FIRST not in {o["to"] for o in office.sandbox.objects("whatsapp")}
    office.message("lagi")
    assert "5 people, template pengumuman, 1 wants no marketing" in office.run("plan").out
    office.sandbox.control("preference", {"from": FIRST, "value": "resume"})
    wait_until(lambda: office.query("SELECT * FROM marketing_preference WHERE marketing"), within=10 * SECOND)
    assert "no marketing" not in office.run("plan").out
    office.send("lagi")
    assert [o["to"] for o in office.sandbox.objects("whatsapp")].count(FIRST) == 1


def test_one_word_and_nothing_more_is_sent(office: ServedOffice) -> None:
    office.message("lama")
    office.send("lama")
    process = office.serve()
    office.sandbox.control("inbound", {"from": FIRST, "text": "Berhenti"})
    process.line(lambda line: json.loads(line)["kind"] == "opted-out")
    office.message("kabar")
    office.send("kabar")
    rows = [row for row in office.deliveries() if row["post"] == "kabar"]
    assert [row["reason"] for row in rows if row["state"] == "refused"] == ["opt-out"]
    assert FIRST not in {o["to"] for o in office.sandbox.objects("whatsapp")[5:]}
    assert FIRST[1:] not in "".join(office.transcript)
