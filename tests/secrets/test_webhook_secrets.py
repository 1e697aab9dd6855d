"""The secrets of webhooks are redacted from the moment that an account is opened, whatever they are called."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from humaspost.app import account_sessions
from humaspost.base.redaction import REDACTED, redact
from humaspost.model.channel import WebhookSecrets
from humaspost.settings.vault import Vault


class _Channel:
    """A plug-in's: neither of the two secrets of its webhooks is among those that it sends."""

    secrets = ("key",)
    webhook_secrets = WebhookSecrets(signature="signing", handshake="greeting")

    def answer_handshake(self, query: Any, *, secret: str) -> str | None:
        """Never asked here."""
        raise AssertionError


def test_both_secrets_of_webhooks_are_registered(tmp_path: Path) -> None:
    values = {"key": "Kenari-kunci", "signing": "Kenari-tanda", "greeting": "Kenari-salam"}
    lines = "\n".join(f'{name} = "{value}"' for name, value in values.items())
    (tmp_path / "credentials.toml").write_text(f"[papan]\n{lines}\n", "utf-8")
    (tmp_path / "credentials.toml").chmod(0o600)
    office = SimpleNamespace(vault=Vault(tmp_path, tmp_path / ".humaspost", environ={}))
    account_sessions._register_secrets(cast(Any, office), "papan", cast(Any, _Channel()))
    assert [redact(value) for value in values.values()] == [REDACTED] * 3
