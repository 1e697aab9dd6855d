"""``cancel`` in the middle of a message to many people, while the scheduler runs."""

from tests.support.deadlines import SECOND
from tests.support.office import Office
from tests.support.waiting import wait_until

PEOPLE = 30


def _enlist(office: Office) -> None:
    """Put many people on the list, and let the account write to a few of them a second."""
    lines = [
        f"+628120000{n:05},Penerima {n},consent,informasi layanan publik,formulir,2021-01-01"
        for n in range(PEOPLE)
    ]
    head = "phone,name,basis,purpose,source,consented_at"
    (office.folder / "audiences" / "wartawan.csv").write_text("\n".join([head, *lines, ""]), "utf-8")
    config = office.folder / "config.toml"
    text = config.read_text("utf-8")
    config.write_text(text.replace("\n[accounts.whatsapp]\n", "\n[accounts.whatsapp]\nrate = 4\n"), "utf-8")


def test_in_mid_fan_out_nothing_more_is_sent_than_what_was_being_sent(office: Office) -> None:
    _enlist(office)
    office.run("audience", "import", "wartawan", "--yes")
    office.run("account", "check", "whatsapp")
    daemon = office.start("schedule")
    office.post("kabar", "Rapat besok.", due=1, channels="[whatsapp]", audiences="[wartawan]")
    office.sandbox.wait_for_objects(3)
    told = office.json("cancel", "kabar", "--yes")
    assert told["stopped"] > 0
    assert told["unknown"] == 0
    out = told["published"] + told["sending"]
    assert told["stopped"] + out == PEOPLE
    wait_until(lambda: "sending" not in office.states()["kabar", "whatsapp"], within=30 * SECOND)
    assert office.states()["kabar", "whatsapp"] == {"published": out, "cancelled": PEOPLE - out}
    assert len(office.sandbox.objects()) == out
    # An edit under the running scheduler changes nothing of that, and `publish` sends the rest.
    post = office.folder / "posts" / "kabar.md"
    office.write("kabar.md", post.read_text("utf-8").replace("besok", "lusa"))
    office.post("lain", "Hari biasa.", due=0.5)
    office.sandbox.wait_for_objects(out + 1)
    assert office.states()["kabar", "whatsapp"] == {"published": out, "cancelled": PEOPLE - out}
    office.run("publish", "kabar", "--yes")
    assert office.states()["kabar", "whatsapp"] == {"published": PEOPLE}
    texts = [one["text"] for one in office.sandbox.objects("whatsapp")]
    assert ["besok" in text for text in texts] == [True] * out + [False] * (PEOPLE - out)
    assert daemon.end() == 0
