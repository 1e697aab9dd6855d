"""Real processes: the sandbox signs, ``serve`` takes, and what was unknown is settled."""

import json
import urllib.request

import pytest

from humaspost.channels.whatsapp.events import signed
from tests.e2e.program import until
from tests.web.conftest import Desk

FIRST = "+6281200000013"

#: Many processes each; the rules themselves are tried in test_settling.
pytestmark = pytest.mark.slow


def await_window(desk: Desk) -> None:
    """The inbound message is on disk: ``serve`` answered 200 for it."""
    until(lambda: desk.look('SELECT * FROM "window"'), within=10)


def tell(desk: Desk, wamid: str, callback: str) -> None:
    account = desk.world.accounts["whatsapp"]
    status = {"id": wamid, "status": "sent", "timestamp": "1790000000", "biz_opaque_callback_data": callback}
    value = {"metadata": {"phone_number_id": account["phone_number_id"]}, "statuses": [status]}
    body = json.dumps({"entry": [{"changes": [{"field": "messages", "value": value}]}]}).encode()
    request = urllib.request.Request(
        desk.callback, body, {"X-Hub-Signature-256": signed(body, account["app_secret"])}
    )
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
        assert answer.status == 200


def lose(desk: Desk, count: int = 5) -> None:
    """The next messages are taken by WhatsApp, and its answers are lost."""
    desk.world.fault(channel="whatsapp", method="POST", path="/messages$", fault="drop-after", count=count)


def test_lost_answers_settle_themselves_by_webhook(desk: Desk) -> None:
    desk.serve()
    lose(desk)
    desk.notice("kabar")
    desk.send("kabar")
    rows = desk.reach(published=5, read=5)
    assert {row["remote_id"] for row in rows} == {o["id"] for o in desk.world.objects("whatsapp")}
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
def test_however_they_come(desk: Desk, switches: dict) -> None:
    desk.serve()
    desk.switch(**switches)
    lose(desk, 2)
    desk.notice("kabar")
    desk.send("kabar")
    stage = "sent" if "sent_seconds" in switches else "read"
    rows = desk.reach(published=5, **{stage: 5})
    assert len(desk.world.objects("whatsapp")) == len(rows) == 5


def test_the_scheduler_notices_at_once(desk: Desk) -> None:
    desk.serve()
    desk.switch(sent_seconds=1.0, delivered_seconds=None, read_seconds=None)
    lose(desk, 5)
    schedule = desk.start("schedule", "--jsonl")
    desk.notice("kabar", due=3)
    schedule.line(lambda line: json.loads(line)["kind"] == "unknown", within=20)
    desk.reach(published=5, sent=5)
    desk.switch(delivered_seconds=0.05, read_seconds=0.1)
    # Doubts in a row stopped the lane; the proof opened it again.
    desk.notice("kabar-2", due=2)
    desk.reach(published=10)
    assert schedule.end() == 0
    assert len(desk.world.objects("whatsapp")) == 10


def test_a_webhook_of_the_earlier_attempt_spares_people_a_second_message(desk: Desk) -> None:
    lose(desk)
    desk.notice("kabar")
    desk.send("kabar")
    desk.reach(unknown=5)
    desk.run("resolve", "kabar", "--retry", "--yes")
    rows = desk.reach(scheduled=5)
    process = desk.serve()
    sent = {one["to"][-2:]: one["id"] for one in desk.world.objects("whatsapp")}
    for row in rows:
        tell(desk, sent[row["recipient"][-2:]], f"hp1:{row['key']}:1")
    desk.reach(published=5)
    desk.run("run", "--quiet")
    assert len(desk.world.objects("whatsapp")) == 5
    assert process.end() == 0


def test_what_meta_never_speaks_of_is_for_a_person_in_bulk(desk: Desk) -> None:
    desk.serve()
    desk.switch(webhook_drop=1.0)
    lose(desk)
    desk.notice("kabar")
    desk.send("kabar")
    assert {row["reason"] for row in desk.reach(unknown=5)} == {"ask"}
    assert "5 deliveries are published" in desk.run("resolve", "kabar", "--published", "--yes").stdout
    desk.reach(published=5)
    desk.run("run", "--quiet")
    assert len(desk.world.objects("whatsapp")) == 5


def test_what_was_told_while_serve_was_down_is_told_again(desk: Desk) -> None:
    process = desk.serve()
    port = int(json.loads(process.lines[0])["url"].rpartition(":")[2])
    assert process.end() == 0
    lose(desk)
    desk.notice("kabar")
    desk.send("kabar")
    desk.reach(unknown=5)
    desk.serve(port=port)
    desk.reach(published=5)


def test_a_failure_that_comes_later_is_told_with_its_code(desk: Desk) -> None:
    process = desk.serve()
    desk.switch(undeliverable=[FIRST])
    desk.notice("kabar")
    desk.send("kabar")
    rows = desk.reach(published=4, failed=1)
    assert [row["reason"] for row in rows if row["state"] == "failed"] == ["131026"]
    process.line(lambda line: json.loads(line)["kind"] == "failed")


def test_who_has_a_username_and_shows_no_number_can_leave(desk: Desk) -> None:
    desk.serve()
    desk.switch(bsuid="only")
    desk.notice("lama")
    desk.send("lama")
    desk.reach(read=5)
    desk.world.ask("inbound", {"from": FIRST, "text": "BERHENTI"})
    until(lambda: desk.look("SELECT * FROM recipient WHERE opted_out_at IS NOT NULL"), within=10)
    desk.notice("kabar")
    desk.send("kabar")
    reached = [o["to"] for o in desk.world.objects("whatsapp")]
    assert (reached.count(FIRST), len(reached)) == (1, 9)


def test_whoever_wrote_gets_the_text_itself_and_the_others_a_template(desk: Desk) -> None:
    desk.notice("lama")
    desk.send("lama")
    desk.serve()
    desk.world.ask("inbound", {"from": FIRST, "text": "Terima kasih"})
    desk.notice("kabar")
    await_window(desk)
    desk.send("kabar")
    shown = {o["to"]: o["template"] for o in desk.world.objects("whatsapp")[5:]}
    assert shown.pop(FIRST) is None
    assert set(shown.values()) == {"pengumuman"}


def test_who_stops_marketing_is_sent_no_marketing_until_they_take_that_back(desk: Desk) -> None:
    process = desk.serve()
    desk.world.ask("preference", {"from": FIRST, "value": "stop"})
    process.line(lambda line: json.loads(line)["kind"] == "no-marketing")
    desk.notice("kabar")
    desk.send("kabar")
    refused = [row["reason"] for row in desk.deliveries() if row["state"] == "refused"]
    assert refused == ["no-marketing"]
    assert FIRST not in {o["to"] for o in desk.world.objects("whatsapp")}
    desk.notice("lagi")
    assert "5 people, template pengumuman, 1 wants no marketing" in desk.run("plan").stdout
    desk.world.ask("preference", {"from": FIRST, "value": "resume"})
    until(lambda: desk.look("SELECT * FROM preference WHERE marketing"), within=10)
    assert "no marketing" not in desk.run("plan").stdout
    desk.send("lagi")
    assert [o["to"] for o in desk.world.objects("whatsapp")].count(FIRST) == 1


def test_one_word_and_nothing_more_is_sent(desk: Desk) -> None:
    desk.notice("lama")
    desk.send("lama")
    process = desk.serve()
    desk.world.ask("inbound", {"from": FIRST, "text": "Berhenti"})
    process.line(lambda line: json.loads(line)["kind"] == "left")
    desk.notice("kabar")
    desk.send("kabar")
    rows = [row for row in desk.deliveries() if row["post"] == "kabar"]
    assert [row["reason"] for row in rows if row["state"] == "refused"] == ["opt-out"]
    assert FIRST not in {o["to"] for o in desk.world.objects("whatsapp")[5:]}
    assert FIRST[1:] not in "".join(desk.said)
