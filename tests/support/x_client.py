"""A signed client of the pretend X that knows nothing of tweepy or of humaspost."""

from typing import Any

import requests
from requests_oauthlib import OAuth1

from humaspost.sandbox.server import Sandbox


class XClient:
    """OAuth 1.0a by requests-oauthlib, signed for the sandbox's own address."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.account = sandbox.config()["accounts"]["x"]
        self.session = requests.Session()
        self.session.trust_env = False
        keys = ("api_key", "api_key_secret", "access_token", "access_token_secret")
        self.auth: Any = OAuth1(*[self.account[k] for k in keys])

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        more.setdefault("auth", self.auth)
        return self.session.request(method, self.account["base_url"] + path, **more)

    def post(self, **body: Any) -> requests.Response:
        """POST /2/tweets."""
        return self.call("POST", "/2/tweets", json=body)

    def posted(self, **body: Any) -> str:
        """The id of a post that must succeed."""
        answer = self.post(**body)
        assert answer.status_code == 201, answer.text
        found: str = answer.json()["data"]["id"]
        return found
