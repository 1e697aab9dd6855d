"""The search for config.toml."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from humaspost.base.i18n import _
from humaspost.model.problem import Problem
from humaspost.settings.problems import ConfigError

FILE_NAME = "config.toml"
_STATE_KEY = re.compile(r"""^state\s*=\s*["']([^"'\n]+)["']""", re.MULTILINE)


def find_config(start: Path, environ: Mapping[str, str], *, option: Path | None = None) -> Path:
    """Return the absolute path of config.toml.

    The order is ``--config``, then the nearest one in this folder or above, then ``$HUMASPOST_CONFIG``. A folder
    means the config.toml in it. Raises ConfigError ``config-missing``.
    """
    if option is not None:
        return _check_named_path(start / option, "--config")
    directory = start.resolve()
    for folder in (directory, *directory.parents):
        if (folder / FILE_NAME).is_file():
            return folder / FILE_NAME
    if environ.get("HUMASPOST_CONFIG"):
        return _check_named_path(start / environ["HUMASPOST_CONFIG"], "HUMASPOST_CONFIG")
    message = _("there is no config.toml in this folder or in any above it")
    hint = _("a new office: humaspost init kantor\nanother folder: --config FILE")
    raise ConfigError(Problem("config-missing", message, hint))


def guess_state(config: Path) -> Path:
    """Return the state folder that a config.toml names which may have errors."""
    with suppress(OSError, RuntimeError):
        if named := _STATE_KEY.search(config.read_text("utf-8", errors="replace")):
            return config.parent / Path(named[1]).expanduser()
    return config.parent / ".humaspost"


def _check_named_path(path: Path, source: str) -> Path:
    path = path / FILE_NAME if path.is_dir() else path
    if path.is_file():
        return path.absolute()
    message = _("{source} names {path}, which is not there").format(source=source, path=path)
    raise ConfigError(
        Problem("config-missing", message, _("name a config.toml, or the folder that holds it"))
    )
