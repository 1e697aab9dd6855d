"""A person who logs in on the pretend X, and says yes."""

from urllib.parse import parse_qs, urlsplit

import requests

from humaspost.channels.x import X
from humaspost.channels.x.config import XConfig
from humaspost.model.channel import Authorization
from humaspost.sandbox.server import Sandbox
from tests.support.channel_context import SandboxContext
from tests.support.deadlines import SECOND

CALLBACK = "http://127.0.0.1:8723/callback"


def config_of(sandbox: Sandbox, **values: str) -> XConfig:
    """The sandbox's account, to be logged in to with a browser."""
    account = sandbox.config()["accounts"]["x"]
    given = {"handle": account["handle"], "base_url": account["base_url"], "client_id": account["client_id"]}
    return XConfig.model_validate({**given, "auth": "oauth2", **values})


def answered(authorization: Authorization) -> dict[str, str]:
    """What X sends to the callback after the person said yes."""
    with requests.Session() as browser:
        browser.trust_env = False
        answer = browser.get(authorization.url, allow_redirects=False, timeout=15 * SECOND)
    place = answer.headers.get("location", "")
    assert place.startswith(authorization.callback_url), answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(place).query).items()}


def log_in(config: XConfig, context: SandboxContext) -> None:
    """The context has the tokens of a fresh login."""
    authorization = X().create_authorization(config, callback_url=CALLBACK)
    X().log_in(config, context, authorization=authorization, code=answered(authorization)["code"])
