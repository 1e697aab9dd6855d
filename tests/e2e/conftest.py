"""An office made by hand in every test, on a sandbox of its own."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.program import ROOT, Office, World

_MORE = """
[accounts.instagram]
channel = "instagram"
user_id = "{instagram[user_id]}"
base_url = "{instagram[base_url]}"

[accounts.whatsapp]
channel = "whatsapp"
phone_number_id = "{whatsapp[phone_number_id]}"
business_account_id = "{whatsapp[business_account_id]}"
base_url = "{whatsapp[base_url]}"

[accounts.whatsapp.templates]
language = "id"
text = {{name = "pengumuman", params = ["{{title}}", "{{text}}", "{{link}}"]}}
image = {{name = "pengumuman_gambar", params = ["{{title}}", "{{text}}", "{{link}}"]}}

[audiences.wartawan]
file = "audiences/wartawan.csv"

[media]
upload_url = "{url}/media"
public_base_url = "{url}/media"
"""
_CREDENTIALS = """
[x]
api_key = "{x[api_key]}"
api_key_secret = "{x[api_key_secret]}"
access_token = "{x[access_token]}"
access_token_secret = "{x[access_token_secret]}"

[instagram]
access_token = "{instagram[access_token]}"

[whatsapp]
access_token = "{whatsapp[access_token]}"
app_secret = "{whatsapp[app_secret]}"
"""


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """What ``init`` made, with the sandbox's accounts pasted in, a list of five people and a picture.

    In the end no secret may stand in anything that was printed or kept.
    """
    said: list[str] = []
    world = World(tmp_path, said)
    made = Office(tmp_path, world, said)
    try:
        made.run("init", "kantor")
        made.folder = tmp_path / "kantor"
        _paste(made)
        yield made
        assert made.leaks(world.secrets) == []
    finally:
        for process in made.running:
            process.end()
        assert world.process.end() == 0


def _paste(office: Office) -> None:
    told: dict[str, Any] = {**office.world.accounts, "url": office.world.url}
    config = office.folder / "config.toml"
    x = f'handle = "{told["x"]["handle"]}"\nbase_url = "{told["x"]["base_url"]}"'
    text = re.sub(r"^handle = .*$", x, config.read_text("utf-8"), count=1, flags=re.MULTILINE)
    config.write_text(text + _MORE.format(**told), "utf-8")
    (office.folder / "credentials.toml").write_text(_CREDENTIALS.format(**told), "utf-8")
    shutil.copytree(ROOT / "audiences", office.folder / "audiences")
    (office.folder / "posts" / "media").mkdir()
    shutil.copy(ROOT / "posts/media/014-loket-malam.jpg", office.folder / "posts/media/loket.jpg")
