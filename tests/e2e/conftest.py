"""An office made by hand in every test, on a sandbox of its own."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.office import Office, SandboxProcess
from tests.support.reference_data import ROOT

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
def office(tmp_path: Path, sandbox_process: SandboxProcess) -> Iterator[Office]:
    """What ``init`` made, with the sandbox's accounts pasted in, a list of five people and a picture.

    In the end no secret may stand in anything that was printed or kept.
    """
    office = Office(tmp_path, sandbox_process)
    try:
        office.run("init", "kantor")
        office.folder = tmp_path / "kantor"
        paste(office)
        yield office
        assert office.leaks(sandbox_process.secrets) == []
    finally:
        office.end()


def paste(office: Office) -> None:
    """Paste the sandbox's accounts into what `init` made, with the lists and a picture."""
    told: dict[str, Any] = {**office.sandbox.accounts, "url": office.sandbox.url}
    config = office.folder / "config.toml"
    x = f'handle = "{told["x"]["handle"]}"\nbase_url = "{told["x"]["base_url"]}"'
    text = re.sub(r"^handle = .*$", x, config.read_text("utf-8"), count=1, flags=re.MULTILINE)
    config.write_text(text + _MORE.format(**told), "utf-8")
    (office.folder / "credentials.toml").write_text(_CREDENTIALS.format(**told), "utf-8")
    shutil.copytree(ROOT / "audiences", office.folder / "audiences")
    (office.folder / "posts" / "media").mkdir()
    shutil.copy(ROOT / "posts/media/014-loket-malam.jpg", office.folder / "posts/media/loket.jpg")
