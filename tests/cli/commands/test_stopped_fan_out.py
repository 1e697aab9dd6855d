"""A message that reaches nobody, or is late for everybody: told by every command, sent when somebody says so."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

from tests.support.served_office import ServedOffice


def _age_ledger(office: ServedOffice) -> None:
    """Make the ledger a day older: what was due before a ledger was made is another case."""
    path = office.folder / ".humaspost" / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        born = (datetime.now(UTC) - timedelta(days=1)).isoformat()
        connection.execute("UPDATE meta SET value = ? WHERE key = 'created_at'", (born,))


def test_a_message_to_an_empty_list_is_held_and_told_and_goes_out_when_the_list_has_people(
    served_office: ServedOffice,
) -> None:
    served_office.run("account", "check", "whatsapp")
    people = served_office.folder / "audiences" / "wartawan.csv"
    whole = people.read_text("utf-8")
    people.write_text(whole.splitlines()[0] + "\n", "utf-8")
    _age_ledger(served_office)
    served_office.message("kabar", due=0)
    served_office.run("run", exit_code=5)
    plan = " ".join(served_office.run("plan").out.split())
    assert "held kabar" in plan
    assert "humaspost does not use the new file of its list: humaspost check" in plan
    status = served_office.run("status", "--exit-code", exit_code=5).out
    assert "its list wartawan is held; was due" in status
    assert "held (list): 0 people" in served_office.run("log", "kabar").out
    people.write_text(whole, "utf-8")
    served_office.run("audience", "import", "wartawan", "--yes")
    served_office.run("run")
    assert len(served_office.sandbox.objects("whatsapp")) == 5
    assert "Nothing needs you" in served_office.run("status").out


def test_a_late_message_is_missed_as_a_whole_and_sent_when_a_person_publishes_it(
    served_office: ServedOffice,
) -> None:
    served_office.run("account", "check", "whatsapp")
    served_office.run("audience", "import", "wartawan", "--yes")
    _age_ledger(served_office)
    served_office.message("kabar", due=-7200)
    report = json.loads(served_office.run("run", "--json", exit_code=5).out)
    stop = {"post": "kabar", "account": "whatsapp", "state": "missed", "reason": "late", "recipients": 5}
    assert (report["counts"], report["stops"]) == ({"missed": 5}, [stop])
    assert served_office.query("SELECT count(*) FROM delivery") == [(0,)]
    assert "missed (late): 5 people" in served_office.run("log", "kabar").out
    explained = served_office.run("explain", "kabar").out
    assert "whatsapp  will not be sent: missed: was due" in explained
    assert "not sent within its grace" in explained
    assert "missed (late): 5 people" in explained
    assert served_office.json("status")["counts"] == {"missed": 5}
    (missed,) = served_office.json("plan")["not_sent"]
    assert (missed["kind"], missed["reason"]) == ("missed", "late")
    served_office.run("run")  # it touches nothing new
    assert "humaspost publish kabar" in served_office.run("status", "--exit-code", exit_code=5).out
    served_office.run("publish", "kabar", "--yes")
    assert len(served_office.sandbox.objects("whatsapp")) == 5
    assert "a person had it published" in served_office.run("log", "kabar").out
