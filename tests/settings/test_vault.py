"""Where secrets come from, in order; what the platform rotated; what is refused."""

import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from humaspost.base.file_stamp import StampHistory, read_stamp
from humaspost.base.redaction import redact_output
from humaspost.settings.problems import ConfigError
from humaspost.settings.secret_sources import TimedKeyring
from humaspost.settings.vault import RenewalInProgress, Vault
from tests.support.deadlines import SECOND

EMPTY = TimedKeyring(lambda _service, _name: None)


def vault(root: Path, *, keyring: TimedKeyring = EMPTY, **environ: str) -> Vault:
    return Vault(root, root / ".humaspost", environ=environ, keyring=keyring)


def credentials(root: Path, text: str, *, mode: int = 0o600) -> None:
    (root / "credentials.toml").write_text(text)
    (root / "credentials.toml").chmod(mode)


def test_the_first_source_that_has_it_wins(tmp_path: Path) -> None:
    ring = TimedKeyring(lambda service, name: f"{service}-{name}-ring")
    credentials(tmp_path, '[x]\napi_key = "from-file"\n')
    (tmp_path / "one").write_text("from-named-file\n")
    (tmp_path / "systemd").mkdir()
    (tmp_path / "systemd" / "x_api_key").write_text("from-systemd\n")
    names = {
        "HUMASPOST_X_API_KEY_FILE": str(tmp_path / "one"),
        "CREDENTIALS_DIRECTORY": str(tmp_path / "systemd"),
        "HUMASPOST_X_API_KEY": "from-environment",
    }
    expected = ["from-named-file", "from-systemd", "from-environment", "humaspost-x_api_key-ring"]
    for value in expected:
        assert vault(tmp_path, keyring=ring, **names).secret("x", "api_key") == value
        names = dict(list(names.items())[1:])
    assert vault(tmp_path).secret("x", "api_key") == "from-file"
    assert vault(tmp_path).secret("x", "api_key_secret") is None
    assert vault(tmp_path).secret("y", "api_key") is None


def test_where_names_the_source_and_not_the_value(tmp_path: Path) -> None:
    credentials(tmp_path, '[x]\napi_key = "from-file"\n')
    assert vault(tmp_path).source_of("x", "api_key") == "credentials.toml"
    assert vault(tmp_path, HUMASPOST_X_API_KEY="canary-9").source_of("x", "api_key") == "HUMASPOST_X_API_KEY"
    assert vault(tmp_path).source_of("x", "nothing") is None


def test_a_keyring_that_hangs_is_queried_once_only(tmp_path: Path) -> None:
    asked, over = list[str](), threading.Event()

    def hang(_service: str, name: str) -> str:
        asked.append(name)
        over.wait(60 * SECOND)
        return "late"

    ring = TimedKeyring(hang, timeout=0.05)
    safe = vault(tmp_path, keyring=ring)
    try:
        assert [safe.secret("x", name) for name in ("a", "b", "c")] == [None, None, None]
        assert asked == ["x_a"]
    finally:
        over.set()


class Clock:
    """The time that a test sets, ahead of every file."""

    def __init__(self) -> None:
        self.now = datetime(2100, 1, 1, tzinfo=UTC).timestamp()

    def __call__(self) -> float:
        self.now += 2
        return self.now


def observed_vault(root: Path, **environ: str) -> Vault:
    """A vault whose files are all settled, and whose observations are seconds apart."""
    return Vault(
        root, root / ".humaspost", environ=environ, keyring=EMPTY, history=StampHistory(clock=Clock())
    )


def read_twice(a_vault: Vault, account: str = "x") -> str | None:
    """Return the secret at the second observation of a changed file."""
    a_vault.secret(account, "api_key")
    return a_vault.secret(account, "api_key")


def test_a_changed_file_is_read_again_and_a_broken_one_keeps_the_last_good_content(tmp_path: Path) -> None:
    kept = observed_vault(tmp_path)
    credentials(tmp_path, '[x]\napi_key = "canary-one"\n')
    assert kept.secret("x", "api_key") == "canary-one"
    credentials(tmp_path, '[x]\napi_key = "canary-two"\n')
    assert kept.secret("x", "api_key") == "canary-one", "it is perhaps still being written"
    assert kept.secret("x", "api_key") == "canary-two"
    for text, mode, code in (
        ('[x]\napi_key = "canary', 0o600, "credentials-syntax"),
        ('[x]\napi_key = "canary-three"\n', 0o644, "credentials-open"),
    ):
        credentials(tmp_path, text, mode=mode)
        assert read_twice(kept) == "canary-two"
        assert [problem.code for problem in kept.problems.values()] == [code]
    (tmp_path / "credentials.toml").chmod(0o600)
    assert (read_twice(kept), kept.problems) == ("canary-three", {})


def test_a_named_file_that_vanishes_keeps_its_last_good_content(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("canary-one\n")
    kept = observed_vault(tmp_path, HUMASPOST_X_API_KEY_FILE=str(file))
    assert kept.secret("x", "api_key") == "canary-one"
    file.unlink()
    assert read_twice(kept) == "canary-one"
    assert [problem.code for problem in kept.problems.values()] == ["secret-unreadable"]
    file.write_text("canary-two\n")
    assert (read_twice(kept), kept.problems) == ("canary-two", {})


def test_a_named_file_that_is_emptied_keeps_its_last_good_content(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("canary-one\n")
    kept = observed_vault(tmp_path, HUMASPOST_X_API_KEY_FILE=str(file), HUMASPOST_X_API_KEY="canary-other")
    assert kept.secret("x", "api_key") == "canary-one"
    file.write_text(" \n")
    assert read_twice(kept) == "canary-one"
    assert [problem.message for problem in kept.problems.values()] == [
        f"HUMASPOST_X_API_KEY_FILE names {file}, which is empty"
    ]
    with pytest.raises(ConfigError, match="which is empty"):
        observed_vault(tmp_path, HUMASPOST_X_API_KEY_FILE=str(file)).secret("x", "api_key")
    file.write_text("canary-two\n")
    assert (read_twice(kept), kept.problems) == ("canary-two", {})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("[x]\napi_key = 17\n", (2, 1)),
        ('[x]\napi_key = "canary-3"\nother = ["canary-4"]\n', (3, 1)),
        ('x = "canary-3"\n', (1, 1)),
        ('[x]\napi_key = "canary-3"\n[[y]]\napi_key = "canary-4"\n', (3, 3)),
    ],
)
def test_credentials_that_are_no_texts_are_refused_at_their_line(
    tmp_path: Path, text: str, place: tuple[int, int]
) -> None:
    credentials(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        vault(tmp_path).secret("x", "api_key")
    problem = caught.value.problems[0]
    assert problem.position is not None
    assert (problem.code, (problem.position.line, problem.position.column)) == ("credentials-syntax", place)
    assert "canary" not in repr(caught.value) + repr(problem)


def test_an_office_without_keys_in_credentials_takes_them_elsewhere(tmp_path: Path) -> None:
    credentials(tmp_path, "# none\n")
    assert vault(tmp_path, HUMASPOST_X_API_KEY="canary-5").secret("x", "api_key") == "canary-5"
    assert vault(tmp_path).secret("x", "api_key") is None


def test_a_damaged_file_of_rotated_tokens_keeps_the_last_good_ones(tmp_path: Path) -> None:
    kept = observed_vault(tmp_path)
    kept.replace("x", "api_key", "canary-rotated")
    file = tmp_path / ".humaspost" / "secrets" / "x.json"
    assert kept.is_own_write(file, read_stamp(file))
    assert kept.secret("x", "api_key") == "canary-rotated"
    whole = file.read_text()
    for damaged in ("{", "", "[]", "17", '{"api_key": "canary"}', '{"api_key": {"value": 17, "seed": ""}}'):
        file.write_text(damaged)
        assert not kept.is_own_write(file, read_stamp(file))
        assert kept.secret("x", "api_key") == "canary-rotated"
        assert list(kept.problems) == [file]
        with pytest.raises(ConfigError):
            observed_vault(tmp_path).secret("x", "api_key")
    file.write_text(whole)
    assert (kept.secret("x", "api_key"), kept.problems) == ("canary-rotated", {})


def test_the_files_of_an_account_are_all_that_can_have_a_secret_of_it(tmp_path: Path) -> None:
    environ = {"HUMASPOST_X_API_KEY_FILE": "/run/key", "CREDENTIALS_DIRECTORY": "/run/credentials"}
    assert vault(tmp_path, **environ).files_of("x", ["api_key"]) == {
        Path("/run/key"),
        Path("/run/credentials/x_api_key"),
        tmp_path / "credentials.toml",
        tmp_path / ".humaspost" / "secrets" / "x.json",
    }


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620])
def test_credentials_that_others_can_read_are_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    credentials(tmp_path, '[x]\napi_key = "canary-1"\n', mode=mode)
    with pytest.raises(ConfigError) as caught:
        vault(tmp_path).secret("x", "api_key")
    problem = caught.value.problems[0]
    assert problem.code == "credentials-open"
    assert problem.hint == f"chmod 600 {tmp_path / 'credentials.toml'}"


def test_a_damaged_credentials_file_is_never_quoted(tmp_path: Path) -> None:
    credentials(tmp_path, '[x]\napi_key = "canary-2\n')
    with pytest.raises(ConfigError) as caught:
        vault(tmp_path).secret("x", "api_key")
    problem = caught.value.problems[0]
    assert (problem.code, problem.position and problem.position.line) == ("credentials-syntax", 2)
    assert "canary" not in repr(caught.value) + repr(problem)


def test_a_rotated_secret_wins_until_a_person_sets_a_newer_one(tmp_path: Path) -> None:
    credentials(tmp_path, '[instagram]\naccess_token = "seed-1"\n')
    vault(tmp_path).replace("instagram", "access_token", "rotated-1")
    assert vault(tmp_path).secret("instagram", "access_token") == "rotated-1"
    assert vault(tmp_path).source_of("instagram", "access_token") == "secrets/instagram.json"
    credentials(tmp_path, '[instagram]\naccess_token = "seed-2"\n')
    assert vault(tmp_path).secret("instagram", "access_token") == "seed-2"
    vault(tmp_path).replace("instagram", "access_token", "rotated-2")
    assert vault(tmp_path).secret("instagram", "access_token") == "rotated-2"


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_rotated_secrets_are_for_the_owner_only(tmp_path: Path) -> None:
    vault(tmp_path).replace("x", "token", "rotated-canary")
    folder = tmp_path / ".humaspost" / "secrets"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_what_was_handed_out_is_redacted_from_then_on(tmp_path: Path) -> None:
    value = "canary/with+signs=="
    assert redact_output(f"before {value}") == f"before {value}"
    vault(tmp_path, HUMASPOST_X_TOKEN=value).secret("x", "token")
    assert redact_output(f"after {value} and canary%2Fwith%2Bsigns%3D%3D") == "after *** and ***"


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer EAAGcanary123",
        "https://graph/me?access_token=EAAGcanary123&x=1",
        '{"access_token": "EAAGcanary123"}',
        "api_key_secret = 'EAAGcanary123'",
        'oauth2_refresh_token = "EAAGcanary123"',
    ],
)
def test_what_is_named_like_a_secret_is_redacted_even_if_unknown(text: str) -> None:
    assert "canary" not in redact_output(text)


def test_an_unreadable_secret_file_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        vault(tmp_path, HUMASPOST_X_API_KEY_FILE=str(tmp_path / "nowhere")).secret("x", "api_key")
    problem = caught.value.problems[0]
    assert problem.code == "secret-unreadable"
    assert "HUMASPOST_X_API_KEY_FILE" in problem.message


def test_one_renewal_of_an_account_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("humaspost.settings.vault._RENEWAL_TIMEOUT", 0.05)
    one, other = vault(tmp_path), vault(tmp_path)
    with one.renewal_lock("x"):
        with pytest.raises(RenewalInProgress):
            other.renewal_lock("x")
        with other.renewal_lock("whatsapp"):
            pass
        one.replace("x", "access_token", "kept-meanwhile")
    with other.renewal_lock("x"):
        assert other.secret("x", "access_token") == "kept-meanwhile"
