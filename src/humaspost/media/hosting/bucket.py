"""An S3-compatible bucket from which platforms fetch files, by obstore."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from humaspost.model.channel import FitFile

if TYPE_CHECKING:  # obstore costs 0.1 s at start; most commands upload nothing
    from obstore.store import S3Store

#: A platform fetches within minutes; a day later the address has no use.
SIGNATURE_LIFETIME = timedelta(hours=24)
#: The keys of the vault, under ``media``.
SECRET_FIELDS = ("access_key_id", "secret_access_key")
_DEFAULT_REGION = "us-east-1"


class BucketError(Exception):
    """The bucket did not accept the file; the text never contains a key.

    ``transient`` means that a later try may succeed.
    """

    def __init__(self, detail: str, *, transient: bool) -> None:
        super().__init__(detail)
        self.detail = detail
        self.transient = transient


class Bucket:
    """One bucket (``s3://NAME/PREFIX``); ``secret`` returns its keys on first use, or None.

    ``endpoint`` is the S3 server; None means Amazon. Plain http is only for this computer; ``settings`` checks this.
    """

    def __init__(
        self,
        url: str,
        *,
        secret: Callable[[str], str | None],
        endpoint: str | None = None,
        region: str | None = None,
        deadline: float = 25.0,
    ) -> None:
        self._bucket, _slash, self._prefix = url.removeprefix("s3://").partition("/")
        self._secret, self._endpoint, self._region = secret, endpoint, region or _DEFAULT_REGION
        self._deadline = deadline

    def upload(self, name: str, file: FitFile) -> None:
        """Upload the file under its type; raise BucketError on failure."""
        import obstore

        with _translate_errors():
            obstore.put(self._client, name, file.path, attributes={"Content-Type": file.mime})

    def delete(self, name: str) -> None:
        """Delete the file; raise BucketError on failure."""
        import obstore

        with _translate_errors():
            obstore.delete(self._client, name)

    def signed_url(self, name: str) -> str:
        """Return an address from which anyone can fetch the file for a day."""
        import obstore

        with _translate_errors():
            return str(obstore.sign(self._client, "GET", name, SIGNATURE_LIFETIME))

    @cached_property
    def _client(self) -> "S3Store":
        from obstore.store import S3Store

        keys = {key: self._secret(key) for key in SECRET_FIELDS}
        missing = [key for key, value in keys.items() if not value]
        if missing:
            raise BucketError(f"{', '.join(missing)} missing under [media]", transient=False)
        is_local = (self._endpoint or "").startswith("http://")
        return S3Store(
            self._bucket,
            prefix=self._prefix.strip("/") or None,
            endpoint=self._endpoint,
            region=self._region,
            access_key_id=keys[SECRET_FIELDS[0]],
            secret_access_key=keys[SECRET_FIELDS[1]],
            client_options={"timeout": f"{self._deadline:g}s", "allow_http": is_local},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=self._deadline)},
        )


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise BucketError with only the error's type: the library's text may show the signature."""
    from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

    try:
        yield
    except (FileNotFoundError, PermissionDeniedError, UnauthenticatedError) as error:
        raise BucketError(type(error).__name__, transient=False) from None
    except (BaseError, OSError) as error:
        raise BucketError(type(error).__name__, transient=True) from None
