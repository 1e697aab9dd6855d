"""The settings of config.toml, and the vault of secrets."""

from humaspost.settings.problems import ConfigError
from humaspost.settings.settings import MediaSettings, PolicySettings, Settings, TypePolicy

__all__ = ["ConfigError", "MediaSettings", "PolicySettings", "Settings", "TypePolicy"]
