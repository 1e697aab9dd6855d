"""``plan`` for a young number, as it is typed: before the list is imported, after, and after the first day."""

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta

from tests.support.served_office import ServedOffice


def few(office: ServedOffice, count: int) -> None:
    """Meta grants so many people a day."""
    path = office.folder / "config.toml"
    text = path.read_text()
    line = next(line for line in text.splitlines() if line.startswith("base_url"))
    path.write_text(text.replace(line, f"{line}\ndaily_recipients = {count}"))


def waits(office: ServedOffice, name: str) -> timedelta:
    (one,) = [one for one in office.json("plan")["upcoming"] if one["id"] == name]
    last = one["last_delivery_at"] or one["due_at"]
    return datetime.fromisoformat(last) - datetime.fromisoformat(one["due_at"])


def test_the_forecast_knows_who_was_written_to(served_office: ServedOffice) -> None:
    few(served_office, 3)  # 95 % of 3 are 2
    served_office.message("kabar", due=3600)
    assert waits(served_office, "kabar") == timedelta(days=2)
    served_office.run("audience", "import", "wartawan", "--yes")
    assert waits(served_office, "kabar") == timedelta(days=2)
    assert "limit 3 people in 24 h: the last would get it" in served_office.run("plan").out
    served_office.message("lama")
    served_office.start("publish", "lama", "--yes", "--quiet")
    served_office.wait_for_counts(published=2)
    # Two of today's places are taken until tomorrow, and their people count once: three wait for two a day.
    assert timedelta(days=1) < waits(served_office, "kabar") <= timedelta(days=2)
    # Its first went out in time, so the others get it late.
    assert [one["missed"] for one in served_office.json("plan")["upcoming"]] == [0, 0]


def test_a_post_without_room_for_its_people_within_its_grace_is_forecast_as_missed(
    served_office: ServedOffice,
) -> None:
    few(served_office, 2)  # 95 % of 2 is 1
    path = served_office.folder / "config.toml"
    path.write_text(path.read_text() + '\n[audiences.relawan]\nfile = "audiences/relawan.csv"\n')
    for name in ("wartawan", "relawan"):
        served_office.run("audience", "import", name, "--yes")
    served_office.message("lama")
    served_office.start("publish", "lama", "--yes", "--quiet")
    served_office.wait_for_counts(published=1)
    served_office.post("kabar", "Pompa ketiga rusak.", due=3600, channels="[whatsapp]", audiences="[relawan]")
    (kabar,) = [one for one in served_office.json("plan")["upcoming"] if one["id"] == "kabar"]
    assert (kabar["missed"], kabar["not_sending"]) == (3, 0)
    shown = served_office.run("plan").out
    assert "limit 2 people in 24 h: no place before" in shown
    assert "3 of 3 people would find no place in time and get nothing (missed)" in shown


def test_who_was_refused_is_found_where_plan_says(served_office: ServedOffice) -> None:
    served_office.run("audience", "import", "wartawan", "--yes")
    served_office.message("kabar")
    served_office.run("publish", "kabar", "--yes")
    path = served_office.folder / ".humaspost" / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE delivery SET state = 'refused', reason = 'consent', published_at = NULL "
            "WHERE key = (SELECT min(key) FROM delivery)"
        )
    assert "some people may not get it: humaspost log kabar" in served_office.run("plan").out
    shown = served_office.run("log", "kabar").out
    (line,) = [line for line in shown.splitlines() if line.startswith("refused")]
    assert line.split()[1:3] == ["kabar", "whatsapp"]
    assert "**" in line
    assert line.endswith("consent")
    assert "what consent means: humaspost explain consent" in shown
