"""Public addresses of files: uploaded to a public place, and fetched once to verify them."""

import hashlib
import secrets
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from humaspost.base.files import atomic_write, created, make_folder
from humaspost.base.loopback import is_loopback_url
from humaspost.media.hosting.bucket import Bucket, BucketError
from humaspost.model.channel import FitFile

if TYPE_CHECKING:  # requests costs 0.2 s at start; most commands open an office and fetch nothing
    import requests

#: Seconds that a verified address is trusted, and that one exchange may take.
VERIFIED_SECONDS = 600.0
REQUEST_SECONDS = 25.0
_CHUNK = 64 * 1024
_SUFFIXES = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/webp": ".webp",
    "image/gif": ".gif",
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/3gpp": ".3gp",
    "application/pdf": ".pdf",
}


class HostError(Exception):
    """The file has no public address that works; ``transient`` means that it may work later."""

    def __init__(self, code: str, detail: str, *, transient: bool = False) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.transient = transient


class MediaHost:
    """The place from which Instagram fetches files; safe to use from several threads.

    Exactly one of three is given: a ``folder`` that a web server shows as ``public_base_url``, an ``upload_url``
    to which files are PUT, or a ``bucket``. The bucket's addresses are signed if ``public_base_url`` is "".
    ``salt`` is a file of the state folder that keeps the names unguessable; it is created (0600) if absent.
    Raises ValueError if ``public_base_url`` is neither https nor on this computer.
    """

    def __init__(
        self,
        public_base_url: str,
        *,
        salt: Path,
        folder: Path | None = None,
        upload_url: str | None = None,
        bucket: Bucket | None = None,
        clock: Callable[[], float] = time.monotonic,
        deadline: float = REQUEST_SECONDS,
    ) -> None:
        if (folder, upload_url, bucket).count(None) != 2:
            raise ValueError("a media host needs a folder, an upload_url or a bucket, and only one")
        for url in (public_base_url, upload_url or public_base_url):
            if not is_safe_url(url) and not (bucket is not None and not url):
                raise ValueError(f"{url} is neither https nor on this computer")
        self._base, self._upload = public_base_url.rstrip("/"), (upload_url or "").rstrip("/")
        self._folder, self._salt, self._bucket = folder, salt, bucket
        self._clock, self._deadline = clock, deadline
        self._verified: dict[str, tuple[float, str]] = {}
        self._lock = threading.Lock()

    def publish(self, file: FitFile) -> str:
        """Return an address that served us the file's exact bytes and type without a redirect.

        Raises HostError.
        """
        name = self._public_name(file)
        self._record_use(name)
        with self._lock:
            verified_at, url = self._verified.get(name, (float("-inf"), ""))
            if self._clock() - verified_at < VERIFIED_SECONDS:
                return url
        url = self._store(file, name)
        verify_url(url, file, clock=self._clock, deadline=self._deadline)
        with self._lock:
            self._verified[name] = self._clock(), url
        return url

    def take_down(self, *, unused_since: float) -> int:
        """Remove what nobody used since that time (epoch seconds); return how many files.

        Raises HostError; what is not removed then is tried again at the next call.
        """
        removed = 0
        for mark in sorted(self._uses.glob("*")):
            if mark.stat().st_mtime < unused_since:
                self._remove(mark.name)
                with self._lock:
                    self._verified.pop(mark.name, None)
                mark.unlink(missing_ok=True)
                removed += 1
        return removed

    @property
    def _uses(self) -> Path:
        """Return the folder with an empty file per published file: its time is the last use."""
        return self._salt.parent / "hosted"

    def _record_use(self, name: str) -> None:
        make_folder(self._uses)
        (self._uses / name).touch(mode=0o600)

    def _remove(self, name: str) -> None:
        if self._bucket is not None:
            try:
                self._bucket.delete(name)
            except BucketError as error:
                raise HostError("media-host-refused", f"bucket: {error.detail}", transient=True) from error
        elif self._folder is not None:
            (self._folder / name).unlink(missing_ok=True)
        else:
            _delete_upload(f"{self._upload}/{name}", deadline=self._deadline)

    def _public_name(self, file: FitFile) -> str:
        """Return the constant name of the file; it cannot be guessed from the content alone."""
        with self._lock:
            salt = _load_salt(self._salt)
        digest = hashlib.sha256(salt + bytes.fromhex(file.sha256)).hexdigest()[:32]
        return digest + _SUFFIXES.get(file.mime, "")

    def _store(self, file: FitFile, name: str) -> str:
        """Put the file where the public can fetch it, and return its address."""
        if self._bucket is not None:
            return _upload_to_bucket(self._bucket, name, file, base=self._base)
        if self._folder is not None:
            _copy_into_folder(self._folder, name, file)
        else:
            _upload(f"{self._upload}/{name}", file, deadline=self._deadline)
        return f"{self._base}/{name}"


def is_safe_url(url: str) -> bool:
    """Return True if the address is https, or plain http that never leaves this computer."""
    parts = urlsplit(url)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        return False
    return parts.scheme == "https" or is_loopback_url(url)


def verify_url(url: str, file: FitFile, *, clock: Callable[[], float], deadline: float) -> None:
    """Fetch the file as a platform would; raise HostError if the address does not serve it."""
    import requests

    ends_at = clock() + deadline
    try:
        with (
            _session(url) as session,
            session.get(url, stream=True, timeout=deadline, allow_redirects=False) as response,
        ):
            _check_response(response, file)
            _compare_content(response, file, is_late=lambda: clock() > ends_at)
    except requests.RequestException as error:
        raise HostError("media-host-unreachable", type(error).__name__, transient=True) from error


def _check_response(response: "requests.Response", file: FitFile) -> None:
    status = response.status_code
    if 300 <= status < 400:
        raise HostError("media-host-redirect", f"HTTP {status}")
    if status == 404:
        raise HostError("media-host-missing", "HTTP 404", transient=True)
    if status >= 500 or status == 429:
        raise HostError("media-host-unreachable", f"HTTP {status}", transient=True)
    if status != 200:
        raise HostError("media-host-refused", f"HTTP {status}")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != file.mime:
        raise HostError("media-host-type", f"{kind[:80] or '-'} != {file.mime}")


def _compare_content(response: "requests.Response", file: FitFile, *, is_late: Callable[[], bool]) -> None:
    hashed, size = hashlib.sha256(), 0
    for chunk in response.iter_content(_CHUNK):
        hashed.update(chunk)
        size += len(chunk)
        if size > file.size:
            break
        if is_late():  # the timeout of requests is per read, not for the whole exchange
            raise HostError("media-host-unreachable", "too slow", transient=True)
    if size != file.size:
        raise HostError("media-host-bytes", f"{size} != {file.size} bytes", transient=size < file.size)
    if hashed.hexdigest() != file.sha256:
        raise HostError("media-host-bytes", "other content")


def _copy_into_folder(folder: Path, name: str, file: FitFile) -> None:
    target = folder / name
    try:
        with file.path.open("rb") as source, atomic_write(target, mode=0o644) as out:
            shutil.copyfileobj(source, out, _CHUNK)
    except OSError as error:
        detail = f"{folder.name}: {error.strerror or type(error).__name__}"
        raise HostError("media-host-folder", detail, transient=True) from error


def _upload_to_bucket(bucket: Bucket, name: str, file: FitFile, *, base: str) -> str:
    try:
        bucket.upload(name, file)
        return f"{base}/{name}" if base else bucket.signed_url(name)
    except BucketError as error:
        code = "media-host-unreachable" if error.transient else "media-host-refused"
        raise HostError(code, f"bucket: {error.detail}", transient=error.transient) from error


def _upload(url: str, file: FitFile, *, deadline: float) -> None:
    import requests

    headers = {"Content-Type": file.mime}
    try:
        with _session(url) as session, file.path.open("rb") as body:
            response = session.put(url, data=body, headers=headers, timeout=deadline, allow_redirects=False)
            response.close()
    except (requests.RequestException, OSError) as error:
        raise HostError("media-host-unreachable", type(error).__name__, transient=True) from error
    if not 200 <= response.status_code < 300:
        transient = response.status_code >= 500 or response.status_code == 429
        raise HostError("media-host-refused", f"PUT: HTTP {response.status_code}", transient=transient)


def _delete_upload(url: str, *, deadline: float) -> None:
    import requests

    try:
        with _session(url) as session:
            status = session.delete(url, timeout=deadline, allow_redirects=False).status_code
    except requests.RequestException as error:
        raise HostError("media-host-unreachable", type(error).__name__, transient=True) from error
    if not (200 <= status < 300 or status in (404, 410)):
        raise HostError("media-host-refused", f"DELETE: HTTP {status}", transient=True)


def _session(url: str) -> "requests.Session":
    import requests

    session = requests.Session()
    session.trust_env = not is_loopback_url(url)  # a proxy cannot reach this computer
    session.headers["Accept-Encoding"] = "identity"
    return session


def _load_salt(path: Path) -> bytes:
    """Return 32 random bytes of this ledger alone; create them on first use."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        make_folder(path.parent)
    # If another command created the file first, its salt is used.
    with suppress(FileExistsError), created(path) as out:
        out.write(secrets.token_bytes(32))
    return path.read_bytes()
