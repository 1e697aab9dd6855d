"""``account templates`` as it is typed."""

from tests.support.served_office import ServedOffice


def test_every_template_with_its_status_and_its_requirements(served_office: ServedOffice) -> None:
    lines = served_office.run("account", "templates", "whatsapp").out.splitlines()
    assert lines[0].split() == ["TEMPLATE", "LANGUAGE", "STATUS", "CATEGORY", "WANTS"]
    assert "pengumuman_gambar" in lines[4]
    assert lines[4].split()[1:] == ["id", "APPROVED", "MARKETING", "image", "+", "3", "params"]
    assert lines[-1] == "5 of 15 can be sent."
    found = served_office.json("account", "templates", "whatsapp")["templates"]
    assert len(found) == 15
    assert found[0]["name"] == "hello_world"
    assert "PAUSED" in {one["status"] for one in found}


def test_a_wrong_token_is_for_a_person(served_office: ServedOffice) -> None:
    path = served_office.folder / "credentials.toml"
    path.write_text(path.read_text().replace("EAA", "EAB"))
    assert "not ok" in served_office.run("account", "templates", "whatsapp", exit_code=4).err
