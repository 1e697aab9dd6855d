"""Commands of every kind, an import of 100,000 people among them, while ``schedule`` sends: none fails, none delays."""

import threading
from datetime import datetime

import pytest

from tests.support.deadlines import SECOND
from tests.support.office import Office
from tests.support.waiting import wait_until

PEOPLE = 100_000
HEAD = "phone,name,basis,purpose,source,consented_at\n"
#: So many posts, one each second; the first of them before the crowd comes.
POSTS, QUIET = 45, 12
COMMANDS = (
    "status",
    "status --all --json",
    "status --post siaran-01",
    "plan",
    "check",
    "log",
    "log --csv",
    "preview siaran-44",
    "account list",
    "account check x",
    "audience list",
    "doctor",
    "explain alt-missing",
    "pause --reason uji --except-type siaran",
    "resume",
    "backup",
    "new Kabar",
    "publish mendesak --yes",
)


def due(office: Office) -> dict[str, float]:
    """When each post was to go out, in seconds since the epoch."""
    rows = office.json("status", "--all")["deliveries"]
    return {row["post"]: datetime.fromisoformat(row["due_at"]).timestamp() for row in rows}


@pytest.mark.full
@pytest.mark.xdist_group("timing")
@pytest.mark.slow
def test_nothing_that_others_do_delays_a_send(office: Office) -> None:
    config = office.folder / "config.toml"
    config.write_text(
        config.read_text("utf-8") + '\n[audiences.warga]\nfile = "audiences/warga.csv"\n', "utf-8"
    )
    office.sandbox.control("settings", {"x.limits": dict.fromkeys(("post",))})
    (office.folder / "audiences" / "warga.csv").write_text(HEAD, "utf-8")
    office.run("run", exit_code=5)  # the list has no row yet
    office.run("account", "check", "x")
    office.post("mendesak", "Mendesak.")
    for number in range(POSTS):
        office.post(f"siaran-{number:02}", f"Nomor {number}.", due=8 + number, type="siaran")
    daemon = office.start("schedule")
    office.sandbox.wait_for_objects(QUIET, within=90 * SECOND)
    lines = [f"+62812{n:08},Orang {n},consent,informasi,formulir,2021-01-01\n" for n in range(PEOPLE)]
    (office.folder / "audiences" / "warga.csv").write_text(HEAD + "".join(lines), "utf-8")
    quiet = len(office.sandbox.objects())

    failed: list[BaseException] = []

    def run_commands() -> None:
        try:
            for command in COMMANDS:
                office.run(*command.split())
        except BaseException as error:
            failed.append(error)

    asking = threading.Thread(target=run_commands)
    asking.start()
    office.run("audience", "import", "warga", "--yes", within=120 * SECOND)
    busy = len(office.sandbox.objects())
    asking.join()
    assert failed == []
    wait_until(lambda: len(office.sandbox.objects()) == POSTS + 1, within=60 * SECOND)

    assert busy > quiet + 3, "the import was over before anything was sent"
    wanted = due(office)
    texts = {f"Nomor {number}.": f"siaran-{number:02}" for number in range(POSTS)}
    late = [
        datetime.fromisoformat(item["created_at"]).timestamp() - wanted[texts[item["text"]]]
        for item in office.sandbox.objects()
        if item["text"] in texts
    ]
    assert len(late) == POSTS
    usual = max(late[:QUIET])
    assert max(late) <= usual + SECOND, (usual, late)
    rows = office.json("audience", "list")["audiences"]
    assert {row["name"]: row["members"] for row in rows}["warga"] == PEOPLE
    assert daemon.errors == []
