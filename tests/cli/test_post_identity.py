"""Which file is which post: copies, renamed files and posts typed again, as an office meets them."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tests.cli.conftest import FakeOffice, post
from tests.support.program import expect

pytestmark = pytest.mark.slow
FUTURE = "2099-02-03 08:30 WIB"
MENDED = "RALAT jam: Jalan Sehat dimulai pukul 10.00 WIB di Alun-alun."
OLD = "Jalan Sehat dimulai pukul 06.00 WIB di Alun-alun."


def _now() -> str:
    """The next full second: after the ledger was made, and due once ``run`` has waited for the file to settle."""
    at = datetime.now(ZoneInfo("Asia/Jakarta")) + timedelta(seconds=1)
    return at.strftime("%Y-%m-%d %H:%M:%S WIB")


def _without_id(date: str, body: str, *, more: str = "") -> str:
    return f"---\n{more}title: Jalan Sehat\ndate: {date}\nchannels: [x]\n---\n{body}\n"


def _texts(office: FakeOffice) -> list[str]:
    return [item["text"] for item in office.objects()]


def _check(office: FakeOffice) -> str:
    return expect(office.run("check"), 3).out


def test_a_copy_by_onedrive_never_goes_out(office: FakeOffice) -> None:
    office.write("acara.md", post("acara", FUTURE, body=OLD))
    expect(office.run("run"))
    date = _now()
    office.write("acara-DESKTOP-4K2L9QF.md", post("acara", date, body=OLD))
    office.write("acara.md", post("acara", date, body=MENDED))
    expect(office.run("run"))
    assert _texts(office) == [MENDED]
    told = _check(office)
    assert "posts/acara-DESKTOP-4K2L9QF.md:1:1: error[conflict-copy]" in told
    assert "a copy of posts/acara.md" in told
    assert "NEEDS YOU (1)" in expect(office.run("status", "--exit-code"), 3).out


def test_the_file_that_was_planned_keeps_its_id(office: FakeOffice) -> None:
    office.write("rapat.md", post("acara", FUTURE, body=OLD))
    expect(office.run("run"))
    date = _now()
    office.write("acara.md", post("acara", date, body="Isi lain."))
    office.write("rapat.md", post("acara", date, body=MENDED))
    expect(office.run("run"), 3)
    assert _texts(office) == [MENDED]
    assert "the id 'acara' belongs to posts/rapat.md already" in _check(office)


def test_of_two_new_files_with_one_id_neither_goes_out(office: FakeOffice) -> None:
    expect(office.run("run"))
    date = _now()
    for name in ("acara", "rapat"):
        office.write(f"{name}.md", post("sama", date, body=f"Ini {name}."))
    expect(office.run("run"), 3)
    assert (_texts(office), _check(office).count("error[duplicate-id]")) == ([], 2)
    office.write("rapat.md", post("rapat", date, body="Ini rapat."))
    expect(office.run("run"))
    assert sorted(_texts(office)) == ["Ini acara.", "Ini rapat."]


def test_a_published_post_under_another_name_is_asked_about(office: FakeOffice) -> None:
    expect(office.run("run"))
    date = _now()
    office.write("acara.md", _without_id(date, OLD.replace("dimulai", "dimulia")))
    expect(office.run("run"))
    (office.folder / "posts" / "acara.md").unlink()
    office.write("acara-jalan-sehat.md", _without_id(date, OLD))
    expect(office.run("run"), 3)
    assert len(_texts(office)) == 1
    told = _check(office)
    assert "posts/acara-jalan-sehat.md:2:8: error[already-published]" in told
    assert "as 'acara' from posts/acara.md" in told
    assert "already-published" in expect(office.run("status", "--exit-code"), 3).out
    # The first way out: it is that post, and stays as it was sent.
    office.write("acara-jalan-sehat.md", _without_id(date, OLD, more="id: acara\n"))
    expect(office.run("run"))
    assert len(_texts(office)) == 1
    assert "changed" in office.run("plan").out.lower()


def test_a_published_post_is_sent_again_where_a_person_says_so(office: FakeOffice) -> None:
    expect(office.run("run"))
    date = _now()
    office.write("acara.md", _without_id(date, OLD))
    expect(office.run("run"))
    (office.folder / "posts" / "acara.md").unlink()
    office.write("ulang.md", _without_id(date, MENDED, more="repeats: acara\n"))
    expect(office.run("run"))
    assert _texts(office) == [OLD, MENDED]


def test_an_id_written_into_a_published_file_does_not_send_it_again(office: FakeOffice) -> None:
    expect(office.run("run"))
    date = _now()
    office.write("acara.md", _without_id(date, OLD))
    expect(office.run("run"))
    office.write("acara.md", _without_id(date, OLD + " Ayo.", more="id: sp-2027-014\n"))
    expect(office.run("run"), 3)
    assert _texts(office) == [OLD]
    assert "error[already-published]" in _check(office)


def test_the_same_post_in_a_second_file_is_held(office: FakeOffice) -> None:
    office.write("acara.md", _without_id(FUTURE, OLD))
    expect(office.run("run"))
    date = _now()
    office.write("acara.md", _without_id(date, MENDED))
    office.write("baru.md", _without_id(date, "Kata lain."))
    expect(office.run("run"), 3)
    assert _texts(office) == [MENDED]
    told = _check(office)
    assert "posts/baru.md:2:8: error[same-post]" in told
    assert "posts/acara.md has the same title and minute on x" in told
