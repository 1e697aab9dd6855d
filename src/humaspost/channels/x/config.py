"""Settings of one X account."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from humaspost.base.i18n import _
from humaspost.model.channel import LookupSchedule

#: OAuth 1.0a signs the address too; nothing confirms that api.x.com accepts a signature for this address.
ORIGIN = "https://api.twitter.com"
#: The keys of OAuth 1.0a, in the order of X's portal.
KEYS = ("api_key", "api_key_secret", "access_token", "access_token_secret")

#: A post's public address: x.com/NAME/status/ID, x.com/i/web/status/ID, and the same on the old host.
_POST_URL = (
    r"(?:https?://)?(?:(?:www|mobile)\.)?(?:x|twitter)\.com/(?:i/(?:web/)?|(?P<name>[A-Za-z0-9_]{2,20})/)"
    r"status(?:es)?/(?P<id>[0-9]{5,19})(?![0-9])"
)
#: Times at which an unknown outcome is looked up.
LOOKUP_SCHEDULE = LookupSchedule(
    (5, 30, 120, 900),
    public_site="https://x.com/",
    url_pattern=_POST_URL,
    account_page="https://x.com/{name}",
)


def _normalize_handle(handle: str) -> str:
    return "@" + handle.removeprefix("@")


class XConfig(BaseModel):
    """One ``[accounts.NAME]`` with ``channel = "x"``; ``premium`` allows 25,000 characters.

    ``auth`` is ``oauth1`` (four keys that a person copies) or ``oauth2`` (``account login``), which needs
    the app's ``client_id``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    handle: Annotated[str, Field(pattern=r"^@?[A-Za-z0-9_]{1,15}$"), AfterValidator(_normalize_handle)]
    base_url: str = Field(default=ORIGIN, pattern=r"^https?://\S+$")
    premium: bool = False
    auth: Literal["oauth1", "oauth2"] = "oauth1"
    client_id: str = Field(default="", validate_default=True, max_length=200)

    @field_validator("client_id")
    @classmethod
    def _require_client_id(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("auth") == "oauth2" and not value:
            raise ValueError(_('is needed with auth = "oauth2"; X\'s portal shows it'))
        return value
