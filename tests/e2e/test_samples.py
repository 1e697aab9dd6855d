"""The sample posts do on the platforms what their table says."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.support.office import Office, SandboxProcess
from tests.support.reference_data import ROOT

#: What its tests share is made once.
pytestmark = pytest.mark.xdist_group("samples")

#: In which order they are due, one second apart; 09 must come after 01, which it corrects.
ORDER = ("01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
IMAGES = ("image/jpeg", "image/png", "image/gif")


class PublishedDay(dict[str, list[dict[str, Any]]]):
    """The public objects of each post, by its number and channel: ``day["01 x"]``."""

    sandbox: SandboxProcess
    folder: Path

    def text(self, post: str) -> str:
        """The one object's text."""
        (only,) = self[post]
        return str(only["text"])


def move(folder: Path, start: datetime) -> None:
    """The posts are due from ``start``, and expire an hour later."""
    for number, name in enumerate(ORDER):
        (path,) = folder.glob(f"{name}-*.md")
        due = f"{start + timedelta(seconds=number):%Y-%m-%d %H:%M:%S} +00:00"
        over = f"{start + timedelta(hours=1):%Y-%m-%d %H:%M:%S} +00:00"
        text = re.sub(r"^date: .*$", f"date: {due}", path.read_text("utf-8"), flags=re.MULTILINE)
        path.write_text(re.sub(r"^expires: .*$", f"expires: {over}", text, flags=re.MULTILINE), "utf-8")


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PublishedDay]:
    """Every sample published by one ``run``."""
    folder = tmp_path_factory.mktemp("samples")
    sandbox = SandboxProcess("--office", "kantor", cwd=folder)
    office = Office(folder / "kantor", sandbox)
    try:
        office.run("run", exit_code=5)  # all were due before the ledger was made, so each waits for a person
        assert sandbox.objects() == []
        (office.folder / ".humaspost").rename(folder / "first")
        office.run("audience", "import", "--yes", "masyarakat")
        move(office.folder / "posts", datetime.now(UTC) + timedelta(seconds=3))
        ran = office.json("run")
        assert set(ran["counts"]) == {"published"}, ran["counts"]
        yield _day(office, ran["deliveries"])
        assert office.leaks(sandbox.secrets) == []
    finally:
        sandbox.end()


def _day(office: Office, deliveries: list[dict[str, Any]]) -> PublishedDay:
    day = PublishedDay()
    day.sandbox, day.folder = office.sandbox, office.folder
    objects = {(o["channel"], o["id"]): o for o in office.sandbox.objects()}
    files = {p["id"]: Path(p["file"]).name[:2] for p in office.json("status")["posts"]}
    for one in sorted(deliveries, key=lambda d: d["part"]):
        name = f"{files[one['post']]} {one['channel']}"
        day.setdefault(name, []).append(objects[one["channel"], one["remote_id"]])
    return day


def people(*lists: str) -> set[str]:
    """The numbers that stand in these lists."""
    lines = (row for name in lists for row in (ROOT / f"audiences/{name}.csv").read_text().splitlines()[1:])
    return {row.split(",")[0] for row in lines}


def test_each_goes_to_its_named_channels_and_to_no_other(day: PublishedDay) -> None:
    counts = {name: len(objects) for name, objects in day.items()}
    everywhere = [f"{n} {c}" for n in ("01", "02", "09", "10", "11") for c in ("x", "instagram")]
    people_of = {name: counts.pop(name) for name in list(counts) if name.endswith("whatsapp")}
    one_each = {**dict.fromkeys(everywhere, 1), "03 x": 1, "03 instagram": 1}
    one_each |= {"04 x": 1, "04 instagram": 1, "05 x": 1, "05 instagram": 1}
    assert counts == {**one_each, "06 x": 4, "08 x": 1}
    assert people_of.keys() == {f"{n} whatsapp" for n in ("01", "02", "07", "09", "10", "11")}
    assert sum(map(len, day.values())) == len(day.sandbox.objects())


def test_01_publishes_on_each_channel_what_was_written_for_it(day: PublishedDay) -> None:
    assert day.text("01 x").startswith("Mulai Senin, 8 Februari 2021, loket adminduk")
    assert day.text("01 x").endswith("#LayananMalam #KotaContohMelayani")
    assert day.text("01 instagram").startswith("Pulang kerja baru sempat urus dokumen?")
    assert "http" not in day.text("01 instagram")
    assert {o["to"] for o in day["01 whatsapp"]} == people("masyarakat", "wartawan")


@pytest.mark.parametrize("name", ["01 x", "01 instagram", "01 whatsapp"])
def test_01_carries_a_picture_without_the_location_where_it_was_taken(day: PublishedDay, name: str) -> None:
    source = Image.open(ROOT / "posts/media/014-loket-malam.jpg")
    assert source.getexif().get_ifd(0x8825), "the sample has GPS to strip"
    shown = picture(day, day[name][0])
    assert dict(shown.getexif()) == {}
    assert "exif" not in shown.info


def picture(day: PublishedDay, public_object: dict[str, Any]) -> Image.Image:
    """The one image of an object, as the public gets it."""
    (media,) = public_object["media"]
    image = Image.open(BytesIO(day.sandbox.fetch(f"/_sandbox/media/{media['sha256']}")))
    image.load()
    return image


def test_02_is_an_approved_template_on_whatsapp_and_a_jpeg_on_instagram(day: PublishedDay) -> None:
    assert {o["template"] for o in day["02 whatsapp"]} == {"peringatan_dini_cuaca"}
    assert picture(day, day["02 instagram"][0]).format == "JPEG"


def test_04_is_a_carousel_with_both_descriptions(day: PublishedDay) -> None:
    for name in ("04 x", "04 instagram"):
        (shown,) = day[name]
        assert len({m["sha256"] for m in shown["media"]}) == 2
        assert all(m["alt"] and len(m["alt"]) > 20 for m in shown["media"])


def test_every_picture_is_described_on_x_and_instagram(day: PublishedDay) -> None:
    public = [o for name, objects in day.items() if "whatsapp" not in name for o in objects]
    pictures = [m for o in public for m in o["media"] if m["type"] in IMAGES]
    assert len(pictures) >= 14
    assert all(m["alt"] for m in pictures)


@pytest.mark.parametrize("name", ["05 x", "05 instagram"])
def test_05_is_a_video(day: PublishedDay, name: str) -> None:
    (shown,) = day[name]
    assert [m["type"] for m in shown["media"]] == ["video/mp4"]
    film = day.sandbox.fetch(f"/_sandbox/media/{shown['media'][0]['sha256']}")
    assert film[4:8] == b"ftyp"


def test_05_has_its_captions_on_x(day: PublishedDay) -> None:
    tied = [one for one in day.sandbox.requests() if one["path"].endswith("/2/media/subtitles")]
    assert [one["status"] for one in tied] == [200]


def test_06_is_a_chain_of_four_with_the_picture_on_the_second(day: PublishedDay) -> None:
    chain = day["06 x"]
    assert [o["reply_to"] for o in chain] == [None, *(o["id"] for o in chain[:3])]
    assert [len(o["media"]) for o in chain] == [0, 1, 0, 0]
    assert [re.search(r"\((\d)/4\)", o["text"])[1] for o in chain] == ["1", "2", "3", "4"]  # type: ignore[index]
    assert chain[3]["text"].endswith("#InfoLaluLintasContoh")


def test_07_reaches_journalists_only_with_the_letter(day: PublishedDay) -> None:
    assert {o["to"] for o in day["07 whatsapp"]} == people("wartawan")
    assert {m["type"] for o in day["07 whatsapp"] for m in o["media"]} == {"application/pdf"}
    assert not [o for o in day.sandbox.objects() if o["channel"] != "whatsapp" and "Undangan" in o["text"]]


def test_08_is_a_poll(day: PublishedDay) -> None:
    (shown,) = day["08 x"]
    assert len(shown["poll"]["options"]) >= 2


def test_09_answers_the_post_that_it_corrects(day: PublishedDay) -> None:
    assert day["09 x"][0]["reply_to"] == day["01 x"][0]["id"]
    assert {o["to"] for o in day["09 whatsapp"]} == {o["to"] for o in day["01 whatsapp"]}


def test_12_stays_a_draft(day: PublishedDay) -> None:
    (draft,) = (day.folder / "posts").glob("12-*.md")
    body = draft.read_text("utf-8").rpartition("---\n")[2].strip()
    assert not [o for o in day.sandbox.objects() if body[:40] in o["text"]]


def test_no_recipient_gets_a_duplicate(day: PublishedDay) -> None:
    for name, objects in day.items():
        twice = [who for who, count in Counter(o["to"] for o in objects if o["to"]).items() if count > 1]
        assert twice == [], name
