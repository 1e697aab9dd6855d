"""config.toml → Settings, and every mistake at its line, with what to write instead."""

from datetime import timedelta
from pathlib import Path

import pytest

from humaspost.model.post import Late
from humaspost.model.problem import Problem
from humaspost.settings.load import load_settings
from humaspost.settings.problems import ConfigError

OFFICE = """\
timezone = "Asia/Makassar"
language = "id"
posts = "kiriman"

[accounts.ig]
channel = "instagram"
user_id = "17841400000000000"
handle = "@kotacontoh"

[accounts.whatsapp]
channel = "whatsapp"
phone_number_id = "106540352242922"
business_account_id = "102290129340398"
rate = 20
[accounts.whatsapp.templates]
language = "id"
text = {name = "pengumuman", params = ["{title}", "{text}", "{link}"]}

[audiences.masyarakat]
file = "audiences/masyarakat.csv"

[media]
folder = "/srv/www/media"
public_base_url = "https://media.kotacontoh.example/"

[policy]
grace = "90m"
settle = "2s"
[policy.types.peringatan-dini]
priority = 1
late = "skip"
during_pause = true
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "config.toml"
    path.write_text(text, "utf-8")
    return path


def problems(folder: Path, text: str) -> list[Problem]:
    with pytest.raises(ConfigError) as caught:
        load_settings(written(folder, text))
    return list(caught.value.problems)


def test_an_office_is_read_whole(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, OFFICE))
    assert (settings.timezone, settings.language, settings.demo) == ("Asia/Makassar", "id", False)
    assert (settings.posts, settings.state) == (tmp_path / "kiriman", tmp_path / ".humaspost")
    assert next((a.name, a.channel, a.display_name) for a in settings.accounts) == (
        "ig",
        "instagram",
        "@kotacontoh",
    )
    assert settings.account("whatsapp") is settings.accounts[1]
    assert settings.account("none") is None
    assert settings.audiences == {"masyarakat": tmp_path / "audiences/masyarakat.csv"}
    assert settings.media is not None
    assert settings.media.public_base_url == "https://media.kotacontoh.example"
    assert settings.policy.grace == timedelta(minutes=90)
    assert settings.policy.late is Late.ASK
    assert settings.policy.joins_lines is False
    warning = settings.policy.types["peringatan-dini"]
    assert (warning.priority, warning.late, warning.during_pause) == (1, Late.SKIP, True)


def test_an_empty_file_is_an_office_without_accounts(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, ""))
    assert (settings.timezone, settings.accounts, settings.media) == ("Asia/Jakarta", (), None)


def test_short_zone_names_are_understood(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, 'timezone = "WIT"')).timezone == "Asia/Jayapura"


IG = '[accounts.ig]\nchannel = "instagram"\nuser_id = "17841400000000000"\n'
IG2 = IG.replace(".ig", ".ig2").replace("17841400000000000", "17841400000000002")
CASES = {
    "syntax": ("a = 1\nb = = 2\n", "config-syntax", 2, 5, "="),
    "end": ('a = "x"\nb = [1,\n', "config-syntax", 2, 1, "TOML"),
    "top": ('timezon = "Asia/Jakarta"\n', "config-unknown-key", 1, 1, "write: timezone"),
    "table": ("[acounts.x]\n", "config-unknown-key", 1, 2, "write: accounts"),
    "policy": ('[policy]\ngracee = "60m"\n', "config-unknown-key", 2, 1, "write: grace"),
    "type": ("[policy.types.a]\n  lates = true\n", "config-unknown-key", 2, 3, "write: late"),
    "own": (IG + 'use_id = "1"\n', "config-unknown-key", 4, 1, "write: user_id"),
    "media": (
        '[accounts.media]\nchannel = "instagram"\nuser_id = "1"\n',
        "config-account-name",
        1,
        2,
        "another",
    ),
    "missing": ('[accounts.ig]\nchannel = "instagram"\n', "config-missing-key", 1, 2, "user_id"),
    "channel-missing": ("[accounts.ig]\n", "config-missing-key", 1, 2, "channel"),
    "kind": ("demo = 1\n", "config-value", 1, 8, "true or false"),
    "text": ("timezone = 7\n", "config-value", 1, 12, "quotes"),
    "choice": ('[policy]\nlate = "never"\n', "config-value", 2, 8, "ask, publish, skip"),
    "unknown-choice": (IG + 'on_unknown = "retri"\n', "config-value", 4, 14, "look, ask, retry"),
    "line breaks": ('[policy]\nline_breaks = "wrap"\n', "config-value", 2, 15, "keep, join"),
    "duration": ('[policy]\ngrace = "an hour"\n', "config-value", 2, 9, "60m"),
    "number": ("[policy]\nsame_text_days = -1\n", "config-value", 2, 18, "at least 0"),
    "home": ('posts = "~nobody-of-that-name/a"\n', "config-path", 1, 9, "whole path"),
    "home-of-list": ('[audiences.a]\nfile = "~nobody-of-that-name/a"\n', "config-path", 2, 8, "whole path"),
    "home-of-state": ('state = "~nobody-of-that-name"\n', "config-path", 1, 9, "whole path"),
    "home-of-media": (
        '[media]\npublic_base_url = "https://a.example"\nfolder = "~nobody-of-that-name/a"\n',
        "config-path",
        3,
        10,
        "whole path",
    ),
    "zero": ('state = "a\\u0000b"\n', "config-path", 1, 9, "without"),
    "long": (f'posts = "{"a" * 300}"\n', "config-path", 1, 9, "can open"),
    "zone": ('timezone = "Asia/Jakata"\n', "config-timezone", 1, 12, "Asia/Jakarta"),
    "traversal-zone": ('timezone = "../../etc/passwd"\n', "config-timezone", 1, 12, "Asia/Jakarta"),
    "name": (
        '[accounts."Kota 1"]\nchannel = "instagram"\nuser_id = "1"\n',
        "config-account-name",
        1,
        2,
        "kota_1",
    ),
    "channel": ('[accounts.ig]\nchannel = "instagrm"\n', "config-channel", 2, 11, "instagram"),
    "two": (
        IG + "default = true\n" + IG2 + "default = true\n",
        "config-default",
        8,
        1,
        "exactly one",
    ),
    "twin": (IG + IG.replace(".ig", ".ig2"), "config-same-account", 4, 2, "account rename"),
    "twin-handle": (
        '[accounts.a]\nchannel = "x"\nhandle = "@kota"\n[accounts.b]\nchannel = "x"\nhandle = "@Kota"\n',
        "config-same-account",
        4,
        2,
        "account rename",
    ),
    "http": (IG + 'base_url = "http://graph.example"\n', "config-address", 4, 12, "https"),
    "letters": (IG + 'base_url = "https://médıa.example"\n', "config-address", 4, 12, "xn--"),
    "blank": (
        f'{IG}[media]\nfolder = "/srv/www"\npublic_base_url = "https://media.example/foto baru"\n',
        "config-address",
        6,
        19,
        "%20",
    ),
    "user": (IG + 'base_url = "https://a:b@graph.example"\n', "config-address", 4, 12, "@"),
    "demo": (
        f'demo = true\n{IG}base_url = "https://graph.instagram.com"\n',
        "config-demo",
        5,
        12,
        "127.0.0.1",
    ),
    "demo-without": (f"demo = true\n{IG}", "config-demo", 2, 2, "base_url"),
    "demo-host": (
        f'demo = true\n{IG}base_url = "http://127.0.0.1.evil.example"\n',
        "config-demo",
        5,
        12,
        "127",
    ),
    "media-both": ('[media]\npublic_base_url = "https://a.example"\n', "config-value", 1, 2, "upload_url"),
    "media-http": (
        '[media]\nfolder = "m"\npublic_base_url = "http://a.example"\n',
        "config-address",
        3,
        19,
        "https",
    ),
    "secret": (IG + 'access_token = "canary"\n', "secret-in-config", 4, 1, "credentials.toml"),
    "secret-elsewhere": ('api_key = "canary"\n', "secret-in-config", 1, 1, "credentials.toml"),
    "approval": ("[policy.types.klarifikasi]\napproval = true\n", "config-approval", 2, 1, "draft"),
}


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_is_one_problem_at_its_position(name: str, tmp_path: Path) -> None:
    text, code, line, column, words = CASES[name]
    found = problems(tmp_path, text)
    assert [problem.code for problem in found] == [code]
    problem = found[0]
    assert problem.position is not None
    assert (problem.file, problem.position.line, problem.position.column) == ("config.toml", line, column)
    assert words in problem.hint + problem.message
    assert "canary" not in repr(problem)


def test_every_code_has_a_case_and_a_sentence() -> None:
    from humaspost.settings.codes import CODES

    elsewhere = {
        "config-missing",
        "config-unreadable",
        "credentials-open",
        "credentials-empty",
        "credentials-syntax",
        "secret-unreadable",
    }
    assert {case[1] for case in CASES.values()} | elsewhere == set(CODES)


def test_all_mistakes_are_reported_at_once(tmp_path: Path) -> None:
    text = 'timezone = "Mars"\n' + IG + 'base_url = "http://graph.example"\n[accounts.Wa]\nchannel = "wa"\n'
    codes = [problem.code for problem in problems(tmp_path, text)]
    assert codes == ["config-timezone", "config-address", "config-account-name", "config-channel"]


def test_a_secret_on_a_broken_line_is_never_displayed(tmp_path: Path) -> None:
    for text in ('access_token = "canary\n', "app_secret = canary\n", '[x]\n"api_key" = canary canary\n'):
        assert "canary" not in repr(problems(tmp_path, text))


def test_a_secret_beside_another_mistake_is_never_displayed(tmp_path: Path) -> None:
    found = problems(tmp_path, 'demo = 1\nworld_token = "canary"\n[accounts.ig]\ntoken = "canary"\n')
    assert "canary" not in repr(found)
    assert [problem.code for problem in found].count("secret-in-config") == 2


def test_an_account_is_its_channels_default_only_where_the_file_states_it(tmp_path: Path) -> None:
    two = IG + IG2
    assert [account.default for account in load_settings(written(tmp_path, two)).accounts] == [False, False]
    chosen = load_settings(written(tmp_path, two + "default = true\n")).accounts
    assert [account.name for account in chosen if account.default] == ["ig2"]


def test_a_file_that_is_no_text_or_not_readable_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path / "config.toml")
    assert caught.value.problems[0].code == "config-unreadable"
    with pytest.raises(ConfigError):
        load_settings(tmp_path)


def test_converting_needs_no_host_for_files(tmp_path: Path) -> None:
    media = load_settings(written(tmp_path, "[media]\nconvert = true\n")).media
    assert media is not None
    assert (media.convert, media.has_public_host) == (True, False)


def test_a_bucket_needs_no_public_address(tmp_path: Path) -> None:
    text = '[media]\nbucket = "s3://humas/media"\nendpoint = "https://s3.example"\nregion = "id-1"\n'
    media = load_settings(written(tmp_path, text)).media
    assert media is not None
    assert (media.bucket, media.endpoint, media.region) == ("s3://humas/media", "https://s3.example", "id-1")
    assert (media.public_base_url, media.has_public_host, media.convert) == ("", True, False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('bucket = "s3://a-b"\nfolder = "www"\npublic_base_url = "https://a.example"', "one of"),
        ('folder = "www"', "at which address"),
        ('public_base_url = "https://a.example"', "one of"),
        ('public_base_url = "https://a.example"\nconvert = true', "one of"),
        ("convert = false", "one of"),
        ('convert = true\nregion = "id-1"', "without a bucket"),
        ('bucket = "https://a.example"', ""),
        ('bucket = "s3://a-b"\nendpoint = "http://s3.example"', "https"),
        ('bucket = "s3://a-b"\naccess_key_id = "AKIA"', "access_key_id"),
    ],
)
def test_a_media_table_with_too_little_or_too_much(tmp_path: Path, text: str, message: str) -> None:
    (problem,) = problems(tmp_path, f"[media]\n{text}\n")
    assert message in f"{problem.message} {problem.hint}"


def test_a_buckets_secret_is_refused_in_the_config(tmp_path: Path) -> None:
    found = problems(tmp_path, '[media]\nbucket = "s3://a-b"\nsecret_access_key = "RAHASIA"\n')
    assert "secret-in-config" in {problem.code for problem in found}
    assert "RAHASIA" not in str(found)


def test_an_office_may_join_the_lines_of_its_texts(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, '[policy]\nline_breaks = "join"\n'))
    assert settings.policy.joins_lines is True
