"""The context that a channel's session gets: its only access to the rest of humaspost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from humaspost.base.i18n import _
from humaspost.media.fit import MediaChanged, MediaRejected, fit_media
from humaspost.media.hosting.host import HostError, MediaHost
from humaspost.media.video.pool import ConversionPool
from humaspost.model.channel import FitFile
from humaspost.model.errors import AuthFailed, Rejected, Scope, Transient
from humaspost.model.rendition import Attachment
from humaspost.model.rules import Rules
from humaspost.settings.problems import ConfigError
from humaspost.settings.vault import RenewalInProgress, Vault


@dataclass(frozen=True)
class OfficeChannelContext:
    """The context of one account; raises only the six ChannelErrors and MediaNotReady."""

    account: str
    rules: Rules
    root: Path
    fitted_folder: Path
    vault: Vault
    host: MediaHost | None
    clock: Callable[[], datetime]
    conversions: ConversionPool | None = None

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return self.clock()

    def secret(self, field: str) -> str:
        """Return the account's secret.

        Raises AuthFailed, with what to do, if the secret is missing or cannot be read.
        """
        with _map_config_errors():
            value = self.vault.secret(self.account, field)
        if not value:
            instruction = _("write {field} under [{account}] in credentials.toml")
            raise AuthFailed("secret-missing", instruction.format(field=field, account=self.account))
        return value

    def replace_secret(self, field: str, value: str) -> None:
        """Store a rotated token."""
        with _map_config_errors():
            self.vault.replace(self.account, field, value)

    @contextmanager
    def renewal_lock(self) -> Iterator[None]:
        """Hold the lock for renewing this account's tokens; raise Transient if it stays taken."""
        try:
            lock = self.vault.renewal_lock(self.account)
        except RenewalInProgress as error:
            raise Transient("renewal-busy", str(error)) from error
        with lock:
            yield

    def fit_media(self, media: Attachment) -> FitFile:
        """Return the media file converted to the limits of the channel."""
        limits = self.rules.media_rules_for(media)
        if limits is None:
            raise Rejected("media-kind", media.path, scope=Scope.POST)
        try:
            source = self.root / media.path
            return fit_media(source, media, limits, folder=self.fitted_folder, conversions=self.conversions)
        except MediaChanged as error:
            raise Rejected("media-changed", media.path, scope=Scope.POST) from error
        except MediaRejected as error:
            raise Rejected(error.code, error.detail, scope=Scope.POST) from error
        except OSError as error:
            raise Transient("media-unreadable", f"{media.path}: {error.strerror}") from error

    def public_url(self, media: Attachment) -> str:
        """Return an address that the platform can fetch the media file from."""
        if self.host is None:
            raise Rejected("media-host-missing", _("config.toml needs [media] with public_base_url"))
        try:
            return self.host.publish(self.fit_media(media))
        except HostError as error:
            if error.transient:
                raise Transient(error.code, error.detail) from error
            raise Rejected(error.code, error.detail, scope=Scope.POST) from error


@contextmanager
def _map_config_errors() -> Iterator[None]:
    """Raise AuthFailed for a secret source that cannot be used.

    The account then stops sending, as after a refused login.
    """
    try:
        yield
    except ConfigError as error:
        problem = error.problems[0]
        raise AuthFailed(problem.code, f"{problem.message}: {problem.hint}") from error
