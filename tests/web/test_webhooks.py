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


def test_lost_answers_settle_themselves_by_webhook(served_office: ServedOffice) -> None:
    served_office.serve()
    lose_responses(served_office)
    served_office.message("kabar")
    served_office.send("kabar")
    rows = served_office.wait_for_counts(published=5, read=5)
    assert {row["remote_id"] for row in rows} == {o["id"] for o in served_office.sandbox.objects("whatsapp")}
    assert [row["attempts"] for row in rows] == [1] * 5


@pytest.mark.parametrize(
    "options",
    [
        {"webhook_order": "reversed", "webhook_copies": 3},
        {"webhook_order": "shuffled", "webhook_copies": 2, "webhook_batch": 1},
        {"webhook_before_response": True},
        {"sent_seconds": 1.0, "delivered_seconds": None, "read_seconds": None},
        {"bsuid": "only"},
    ],
    ids=lambda switches: next(iter(switches)),
)
def test_however_they_come(served_office: ServedOffice, options: dict) -> None:
    served_office.serve()
    served_office.set_options(**options)
    lose_responses(served_office, 2)
    served_office.message("kabar")
    served_office.send("kabar")
    stage = "sent" if "sent_seconds" in options else "read"
    rows = served_office.wait_for_counts(published=5, **{stage: 5})
    assert len(served_office.sandbox.objects("whatsapp")) == len(rows) == 5


def test_the_scheduler_acts_at_once(served_office: ServedOffice) -> None:
    served_office.serve()
    served_office.set_options(sent_seconds=1.0, delivered_seconds=None, read_seconds=None)
    lose_responses(served_office, 5)
    schedule = served_office.start("schedule", "--jsonl")
    served_office.message("kabar", due=3)
    schedule.line(lambda line: json.loads(line)["kind"] == "unknown", within=20 * SECOND)
    served_office.wait_for_counts(published=5, sent=5)
    served_office.set_options(delivered_seconds=0.05, read_seconds=0.1)
    # Doubts in a row stopped the lane; the proof opened it again.
    served_office.message("kabar-2", due=2)
    served_office.wait_for_counts(published=10)
    assert schedule.end() == 0
    assert len(served_office.sandbox.objects("whatsapp")) == 10


def test_a_webhook_of_the_earlier_attempt_spares_people_a_second_message(served_office: ServedOffice) -> None:
    lose_responses(served_office)
    served_office.message("kabar")
    served_office.send("kabar")
    served_office.wait_for_counts(unknown=5)
    served_office.run("resolve", "kabar", "--retry", "--yes")
    rows = served_office.wait_for_counts(scheduled=5)
    process = served_office.serve()
    sent = {one["to"][-2:]: one["id"] for one in served_office.sandbox.objects("whatsapp")}
    for row in rows:
        post_webhook(served_office, sent[row["recipient"][-2:]], f"hp1:{row['key']}:1")
    served_office.wait_for_counts(published=5)
    served_office.run("run", "--quiet")
    assert len(served_office.sandbox.objects("whatsapp")) == 5
    assert process.end() == 0


def test_what_meta_never_speaks_of_is_for_a_person_in_bulk(served_office: ServedOffice) -> None:
    served_office.serve()
    served_office.set_options(webhook_drop=1.0)
    lose_responses(served_office)
    served_office.message("kabar")
    served_office.send("kabar")
    assert {row["reason"] for row in served_office.wait_for_counts(unknown=5)} == {"decision"}
    assert "5 deliveries are published" in served_office.run("resolve", "kabar", "--published", "--yes").out
    served_office.wait_for_counts(published=5)
    served_office.run("run", "--quiet")
    assert len(served_office.sandbox.objects("whatsapp")) == 5


def test_an_event_sent_while_serve_was_down_is_sent_again(served_office: ServedOffice) -> None:
    process = served_office.serve()
    port = int(json.loads(process.lines[0])["url"].rpartition(":")[2])
    assert process.end() == 0
    lose_responses(served_office)
    served_office.message("kabar")
    served_office.send("kabar")
    served_office.wait_for_counts(unknown=5)
    served_office.serve(port=port)
    served_office.wait_for_counts(published=5)


def test_a_failure_that_comes_later_is_reported_with_its_code(served_office: ServedOffice) -> None:
    process = served_office.serve()
    served_office.set_options(undeliverable=[FIRST])
    served_office.message("kabar")
    served_office.send("kabar")
    rows = served_office.wait_for_counts(published=4, failed=1)
    assert [row["reason"] for row in rows if row["state"] == "failed"] == ["131026"]
    process.line(lambda line: json.loads(line)["kind"] == "failed")


def test_a_person_with_a_username_and_without_number_can_opt_out(served_office: ServedOffice) -> None:
    served_office.serve()
    served_office.set_options(bsuid="only")
    served_office.message("lama")
    served_office.send("lama")
    served_office.wait_for_counts(read=5)
    served_office.sandbox.control("inbound", {"from": FIRST, "text": "BERHENTI"})
    wait_until(
        lambda: served_office.query("SELECT * FROM recipient WHERE opted_out_at IS NOT NULL"),
        within=10 * SECOND,
    )
    served_office.message("kabar")
    served_office.send("kabar")
    reached = [o["to"] for o in served_office.sandbox.objects("whatsapp")]
    assert (reached.count(FIRST), len(reached)) == (1, 9)


def test_recipients_who_wrote_get_the_text_itself_and_the_others_a_template(
    served_office: ServedOffice,
) -> None:
    served_office.message("lama")
    served_office.send("lama")
    served_office.serve()
    served_office.sandbox.control("inbound", {"from": FIRST, "text": "Terima kasih"})
    served_office.message("kabar")
    await_window(served_office)
    served_office.send("kabar")
    shown = {o["to"]: o["template"] for o in served_office.sandbox.objects("whatsapp")[5:]}
    assert shown.pop(FIRST) is None
    assert set(shown.values()) == {"pengumuman"}


def test_who_stops_marketing_is_sent_no_marketing_until_they_take_that_back(
    served_office: ServedOffice,
) -> None:
    process = served_office.serve()
    served_office.sandbox.control("preference", {"from": FIRST, "value": "stop"})
    process.line(lambda line: json.loads(line)["kind"] == "no-marketing")
    served_office.message("kabar")
    served_office.send("kabar")
    refused = [row["reason"] for row in served_office.deliveries() if row["state"] == "refused"]
    assert refused == ["no-marketing"]
    assert FIRST not in {o["to"] for o in served_office.sandbox.objects("whatsapp")}
    served_office.message("lagi")
    assert "5 people, template pengumuman, 1 wants no marketing" in served_office.run("plan").out
    served_office.sandbox.control("preference", {"from": FIRST, "value": "resume"})
    wait_until(
        lambda: served_office.query("SELECT * FROM marketing_preference WHERE marketing"), within=10 * SECOND
    )
    assert "no marketing" not in served_office.run("plan").out
    served_office.send("lagi")
    assert [o["to"] for o in served_office.sandbox.objects("whatsapp")].count(FIRST) == 1


def test_one_word_and_nothing_more_is_sent(served_office: ServedOffice) -> None:
    served_office.message("lama")
    served_office.send("lama")
    process = served_office.serve()
    served_office.sandbox.control("inbound", {"from": FIRST, "text": "Berhenti"})
    process.line(lambda line: json.loads(line)["kind"] == "opted-out")
    served_office.message("kabar")
    served_office.send("kabar")
    rows = [row for row in served_office.deliveries() if row["post"] == "kabar"]
    assert [row["reason"] for row in rows if row["state"] == "refused"] == ["opt-out"]
    assert FIRST not in {o["to"] for o in served_office.sandbox.objects("whatsapp")[5:]}
    assert FIRST[1:] not in "".join(served_office.transcript)
