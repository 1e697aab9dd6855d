"""Values that may appear nowhere, the places where a person may keep them, and the search for them."""

import base64
import gzip
import html
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote, quote_plus

Secrets = Mapping[str, Mapping[str, str]]
#: Which secrets an account has.
FIELDS = {
    "x": ("api_key", "api_key_secret", "access_token", "access_token_secret"),
    "instagram": ("access_token",),
    "whatsapp": ("access_token", "app_secret", "verify_token"),
}
SOURCES = ("environment", "file", "systemd", "credentials", "rotated")


def wrong() -> dict[str, dict[str, str]]:
    """Keys that open nothing, with every sign in them that an encoding would change."""
    return {
        account: {field: f"Kenari/{account}.{field}+<&>='~%q7" for field in fields}
        for account, fields in FIELDS.items()
    }


def encodings(value: str) -> set[str]:
    """The value as it is, and as it stands in addresses, headers, pages, JSON and logs."""
    raw = value.encode()
    whole = {value, quote(value, safe=""), quote(value), quote_plus(value), html.escape(value), raw.hex()}
    whole |= {
        re.sub("%..", lambda code: code[0].lower(), quote(value, safe="")),
        json.dumps(value)[1:-1],
        value.replace("/", "\\/"),
    }
    return whole | {encode(raw).decode() for encode in (base64.b64encode, base64.urlsafe_b64encode)}


def within_base64(value: str) -> set[str]:
    """What of the value is recognisable in the base64 of something longer, wherever it begins there."""
    pieces = set()
    for before in range(3):
        text = base64.b64encode(b"\0" * before + value.encode()).decode()
        pieces.add(text[(before * 8 + 5) // 6 : -4])
    return pieces


def echo(secrets: Iterable[str]) -> str:
    """A sentence that a careless platform might say: each secret, in every form."""
    words = [f"{form} " for value in secrets for form in sorted(encodings(value))]
    basic = base64.b64encode(":".join(secrets).encode()).decode()
    return "".join(words) + f"Basic {basic}"


def write_secrets(office: Path, source: str, secrets: Secrets) -> dict[str, str]:
    """The secrets are where ``source`` says; the variables that a program needs to find them."""
    (office / "credentials.toml").unlink(missing_ok=True)
    pairs = [
        (account, field, value) for account, fields in secrets.items() for field, value in fields.items()
    ]
    folder = office.parent / f"secrets-{source}"
    folder.mkdir(mode=0o700)
    match source:
        case "environment":
            return {f"HUMASPOST_{a}_{f}".upper(): value for a, f, value in pairs}
        case "file":
            for account, field, value in pairs:
                (folder / f"{account}-{field}").write_text(value + "\n", "utf-8")
            return {f"HUMASPOST_{a}_{f}_FILE".upper(): str(folder / f"{a}-{f}") for a, f, _ in pairs}
        case "systemd":
            for account, field, value in pairs:
                (folder / f"{account}_{field}").write_text(value, "utf-8")
            return {"CREDENTIALS_DIRECTORY": str(folder)}
        case "rotated":
            kept = office / ".humaspost" / "secrets"
            kept.mkdir(mode=0o700, parents=True)
            for account, fields in secrets.items():
                text = json.dumps({field: {"value": value, "seed": ""} for field, value in fields.items()})
                (kept / f"{account}.json").write_text(text, "utf-8")
            return {}
        case _:
            _credentials(office, secrets)
            return {}


def _credentials(office: Path, secrets: Secrets) -> None:
    lines = []
    for account, fields in secrets.items():
        lines += [f"[{account}]", *(f"{field} = {json.dumps(value)}" for field, value in fields.items())]
    file = office / "credentials.toml"
    file.touch(mode=0o600)
    file.write_text("\n".join(lines) + "\n", "utf-8")


def leaks(office: Path, outputs: Mapping[str, str], secrets: Secrets) -> list[str]:
    """Where a secret stands, in whatever form: in what was said, or in any file that we wrote."""
    state = office / ".humaspost"
    texts = {name: text.encode() for name, text in outputs.items()}
    for path in state.rglob("*"):
        if path.is_file() and "secrets" not in path.relative_to(state).parts:
            raw = path.read_bytes()
            texts[str(path.relative_to(office))] = gzip.decompress(raw) if path.suffix == ".gz" else raw
    found = []
    for account, fields in secrets.items():
        for field, value in fields.items():
            signs = {form.encode() for form in encodings(value) | within_base64(value)}
            found += [
                f"{account}.{field} in {name}: ...{text[max(0, at - 60) : at + 60]!r}"
                for name, text in texts.items()
                for sign in signs
                if (at := text.find(sign)) >= 0
            ]
    return found
