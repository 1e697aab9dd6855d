"""A Door as the house gives it to a session: secrets, a clock, fitted files, the sandbox's media host."""

import hashlib
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PIL import Image

from humaspost.base.canonical_json import Json
from humaspost.model.channel import FitFile, NotReady, Ready
from humaspost.model.delivery import Attempt
from humaspost.model.errors import AuthFailed, Rejected
from humaspost.model.post import MediaKind
from humaspost.model.rendition import Attachment, Part
from humaspost.sandbox.server import Sandbox


def jpeg(width: int = 640, height: int = 640, *, colour: str = "navy") -> bytes:
    """A baseline sRGB JPEG."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "JPEG", quality=80)
    return file.getvalue()


def attachment(data: bytes, *, name: str = "a.jpg", alt: str = "Sebuah loket.", index: int = 0) -> Attachment:
    """An attachment of these bytes; ``.pdf`` makes it a document."""
    document = name.endswith(".pdf")
    kind, mime = (MediaKind.DOCUMENT, "application/pdf") if document else (MediaKind.IMAGE, "image/jpeg")
    sha256 = hashlib.sha256(data).hexdigest()
    return Attachment(f"posts/media/{name}", sha256, kind, mime, len(data), alt, index)


@dataclass
class SandboxContext:
    """What a session may touch; ``later`` moves its clock, ``files`` are the media by hash."""

    sandbox: Sandbox
    folder: Path
    secrets: dict[str, str] = field(default_factory=dict)
    later: timedelta = timedelta()
    files: dict[str, bytes] = field(default_factory=dict)
    hosted: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, data: bytes, **values: Any) -> Attachment:
        """The bytes are there to be fitted and hosted."""
        item = attachment(data, **values)
        self.files[item.sha256] = data
        return item

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later

    def secret(self, field: str) -> str:
        if field not in self.secrets:
            raise AuthFailed("secret-missing", field)
        return self.secrets[field]

    def replace_secret(self, field: str, value: str) -> None:
        self.secrets[field] = value

    @contextmanager
    def renewal_lock(self) -> Iterator[None]:
        with self.lock:
            yield

    def fit_media(self, media: Attachment) -> FitFile:
        data = self.files.get(media.sha256)
        if data is None:
            raise Rejected("media-changed", media.path)
        path = self.folder / media.sha256
        path.write_bytes(data)
        return FitFile(path, media.mime, media.sha256, len(data))

    def public_url(self, media: Attachment) -> str:
        self.hosted += 1
        name = f"{media.sha256[:32]}.jpg"
        self.sandbox.state.files[name] = (self.files[media.sha256], media.mime)
        return f"{self.sandbox.url}/media/{name}"


def prepared(session: Any, part: Part, *, most: int = 60) -> Ready:
    """The part is ready to be published; waits are cut short, as the sandbox is quick."""
    token: Json = None
    for _ in range(most):
        step = session.prepare(part, token)
        if isinstance(step, Ready):
            return step
        assert isinstance(step, NotReady)
        token = step.token
    raise AssertionError(f"not ready after {most} steps: {token}")


def attempted(
    part: Part, ready: Ready, *, ago: float = 0.0, key: str = "k" * 32, code: str = "dropped"
) -> Attempt:
    """An attempt whose outcome became unknown ``ago`` seconds ago."""
    ended = datetime.now(UTC) - timedelta(seconds=ago)
    return Attempt(key, 1, ended - timedelta(seconds=1), ended, part, ready.token, None, code)
