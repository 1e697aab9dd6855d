"""Which config.toml is meant."""

from pathlib import Path

import pytest

from humaspost.settings.find import find_config, guess_state
from humaspost.settings.problems import ConfigError


def test_given_beats_upward_beats_environment(tmp_path: Path) -> None:
    for name in ("given", "up", "environment"):
        (tmp_path / name / "posts").mkdir(parents=True)
        (tmp_path / name / "config.toml").touch()
    environ = {"HUMASPOST_CONFIG": str(tmp_path / "environment" / "config.toml")}
    inside = tmp_path / "up" / "posts"
    assert find_config(inside, environ, option=tmp_path / "given") == tmp_path / "given" / "config.toml"
    assert find_config(inside, environ) == tmp_path / "up" / "config.toml"
    assert find_config(tmp_path, environ) == tmp_path / "environment" / "config.toml"


def test_none_at_all_names_the_next_step(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        find_config(tmp_path, {})
    assert caught.value.problems[0].code == "config-missing"
    assert "humaspost init" in caught.value.problems[0].hint


def test_a_given_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nowhere"):
        find_config(tmp_path, {}, option=Path("nowhere.toml"))


def test_the_state_of_a_broken_config_is_guessed_without_a_home_that_nobody_has(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('state = "lain"\nbroken\n')
    assert guess_state(config) == tmp_path / "lain"
    config.write_text('state = "~nobody-of-that-name/a"\n')
    assert guess_state(config) == tmp_path / ".humaspost"
