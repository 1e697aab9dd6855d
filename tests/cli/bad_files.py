"""An office with three channels, for one bad file at a time."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from humaspost.ledger import accounts
from humaspost.ledger.database import open_ledger
from humaspost.media.probe import MAX_FILE_BYTES
from humaspost.model.account import Account, AccountStatus, Template

BAD = Path(__file__).with_name("bad")
CONFIG = """\
timezone = "Asia/Jakarta"
language = "en"

[accounts.x]
channel = "x"
handle = "@kotacontoh"

[accounts.instagram]
channel = "instagram"
user_id = "17841400000000000"
handle = "@kotacontoh"

[accounts.whatsapp]
channel = "whatsapp"
phone_number_id = "106540352242922"
business_account_id = "102290129340398"
[accounts.whatsapp.templates]
language = "id"
text = {name = "pengumuman", params = ["{title}", "{text}", "{link}"]}

[audiences.masyarakat]
file = "audiences/masyarakat.csv"
[audiences.wartawan]
file = "audiences/wartawan.csv"

[media]
folder = "web"
public_base_url = "https://media.kotacontoh.example"
"""
PEOPLE = """\
phone,name,basis,purpose,source,consented_at
+6281200000001,Penerima 01,consent,informasi layanan publik,formulir layanan,2021-01-01
"""
#: What the sandbox has approved, as `account check` would have learnt it.
TEMPLATES = (
    Template("pengumuman", "id", "APPROVED", "MARKETING", 3),
    Template("pengumuman_gambar", "id", "APPROVED", "MARKETING", 3, "image"),
    Template("undangan_rapat_warga", "id", "PENDING", "MARKETING", 3),
    Template("kupon_pasar", "id", "APPROVED", "MARKETING", 1, buttons=("quick_reply", "copy_code")),
)


def stage(office: Path) -> Path:
    """The office is there, with everything that the bad files name, but for the files themselves."""
    (office / "audiences").mkdir(parents=True)
    (office / "config.toml").write_text(CONFIG)
    _lists(office)
    _media(office)
    _templates(office)
    shutil.copytree(office / ".humaspost", office / ".pristine")
    return office


def _lists(office: Path) -> None:
    for name in ("masyarakat", "wartawan"):
        (office / "audiences" / f"{name}.csv").write_text(PEOPLE)


def _media(office: Path) -> None:
    """The media of the cases, and what a repository cannot hold: a huge file, a link out of the office."""
    media = office / "posts" / "media"
    shutil.copytree(BAD / "media", media)
    shutil.copy(media / "loket.jpg", office.parent / "rahasia.jpg")
    (media / "link.jpg").symlink_to(office.parent / "rahasia.jpg")
    (media / "huge.mp4").touch()
    os.truncate(media / "huge.mp4", MAX_FILE_BYTES + 1)  # sparse: no disk is used


def _templates(office: Path) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    ledger = open_ledger(office / ".humaspost", now=now, create=True)
    account = ledger.write(lambda conn: accounts.ensure_account(conn, Account("whatsapp", "whatsapp", None)))
    ledger.write(lambda conn: accounts.save_status(conn, account, AccountStatus(now, templates=TEMPLATES)))
    ledger.close()


def clear(office: Path) -> None:
    """Nothing is left from the case before: no post, no config, no import."""
    shutil.rmtree(office / ".humaspost")
    shutil.copytree(office / ".pristine", office / ".humaspost")
    for path in (office / "posts").rglob("*"):
        if path.is_file() and "media" not in path.relative_to(office / "posts").parts[:1]:
            path.unlink()
    (office / "config.toml").write_text(CONFIG)
    _lists(office)


def put(case: Path, office: Path) -> None:
    """The case's file, or the files of its folder, are in the office; a config.toml is its config."""
    for source in sorted(case.iterdir()) if case.is_dir() else [case]:
        if source.suffix == ".toml":
            shutil.copy(source, office / "config.toml")
        elif source.suffix == ".csv":
            shutil.copy(source, office / "audiences" / "masyarakat.csv")
        else:
            shutil.copy(source, office / "posts" / source.name)
