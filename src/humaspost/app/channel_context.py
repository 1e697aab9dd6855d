"""The Door: all that a channel's session may touch of the house."""

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
    """One account's door; what it cannot give it says in the words of the six errors, or NotFitYet."""

    account: str
    rules: Rules
    root: Path
    fitted_folder: Path
    vault: Vault
    host: MediaHost | None
    clock: Callable[[], datetime]
    conversions: ConversionPool | None = None

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return self.clock()

    def secret(self, field: str) -> str:
        """The account's secret; AuthFailed says which one is missing or cannot be read, and what to do."""
        with _map_config_errors():
            value = self.vault.secret(self.account, field)
        if not value:
            instruction = _("write {field} under [{account}] in credentials.toml")
            raise AuthFailed("secret-missing", instruction.format(field=field, account=self.account))
        return value

    def replace_secret(self, field: str, value: str) -> None:
        """A rotated token is kept."""
        with _map_config_errors():
            self.vault.replace(self.account, field, value)

    @contextmanager
    def renewal_lock(self) -> Iterator[None]:
        """Inside, nobody else renews this account's tokens; Transient where somebody does for too long."""
        try:
            lock = self.vault.renewal_lock(self.account)
        except RenewalInProgress as error:
            raise Transient("renewal-busy", str(error)) from error
        with lock:
            yield

    def fit_media(self, media: Attachment) -> FitFile:
        """The medium as this channel takes it."""
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
        """An address that the platform can fetch the medium from."""
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
    """A place of secrets that cannot be used keeps the account from sending, as a login that is refused does."""
    try:
        yield
    except ConfigError as error:
        problem = error.problems[0]
        raise AuthFailed(problem.code, f"{problem.message}: {problem.hint}") from error
