"""``plan`` for a young number, as it is typed: before the list is imported, after, and after the first day."""

from datetime import datetime, timedelta

from tests.web.conftest import Desk


def few(desk: Desk, count: int) -> None:
    """Meta grants so many people a day."""
    path = desk.folder / "config.toml"
    text = path.read_text()
    line = next(line for line in text.splitlines() if line.startswith("base_url"))
    path.write_text(text.replace(line, f"{line}\ndaily_recipients = {count}"))


def waits(desk: Desk, name: str) -> timedelta:
    (one,) = [one for one in desk.json("plan")["coming"] if one["id"] == name]
    last = one["last_at"] or one["due_at"]
    return datetime.fromisoformat(last) - datetime.fromisoformat(one["due_at"])


def test_the_forecast_knows_who_was_written_to(desk: Desk) -> None:
    few(desk, 3)  # 95 % of 3 are 2
    desk.notice("kabar", due=3600)
    assert waits(desk, "kabar") == timedelta(days=2)
    desk.run("audience", "import", "wartawan", "--yes")
    assert waits(desk, "kabar") == timedelta(days=2)
    assert "limit 3 people in 24 h: the last would get it" in desk.run("plan").stdout
    desk.notice("lama")
    desk.start("publish", "lama", "--yes", "--quiet")
    desk.reach(published=2)
    # Two of today's places are taken until tomorrow, and their people count once: three wait for two a day.
    assert timedelta(days=1) < waits(desk, "kabar") <= timedelta(days=2)
