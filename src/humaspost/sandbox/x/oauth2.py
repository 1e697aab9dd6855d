"""OAuth 2.0 with PKCE: consent, codes, access tokens, and rotating refresh tokens.

A code is valid for 30 seconds.
https://docs.x.com/fundamentals/authentication/oauth-2-0/authorization-code, read 2026-08-22.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from humaspost.sandbox.state import SandboxState
from humaspost.sandbox.x import accounts
from humaspost.sandbox.x.options import get_option

SCOPES = {"tweet.read", "tweet.write", "users.read", "media.write", "offline.access"}
CODE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class _Grant:
    scopes: frozenset[str]
    expires_at: float
    redirect_uri: str = ""
    challenge: str = ""
    method: str = "S256"


class BadGrant(Exception):
    """A refusal by the token endpoint; ``error`` is one of RFC 6749's error codes."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(error)
        self.status = status
        self.body = {"error": error, "error_description": description}


class TokenStore:
    """The valid codes and tokens and their scopes."""

    def __init__(self, state: SandboxState) -> None:
        self._state = state
        self._grants_by_code: dict[str, _Grant] = {}
        self._grants_by_access_token: dict[str, _Grant] = {}
        self._grants_by_refresh_token: dict[str, _Grant] = {}

    def authorize(self, query: dict[str, str]) -> str:
        """Return the redirect address with a code; the demo account always consents."""
        scopes = frozenset(query.get("scope", "").split())
        if query.get("response_type") != "code" or query.get("client_id") != accounts.CLIENT_ID:
            raise BadGrant("invalid_request", "Value passed for the authorization request was invalid.")
        if not query.get("code_challenge") or query.get("code_challenge_method", "plain") not in {
            "plain",
            "S256",
        }:
            raise BadGrant("invalid_request", "A code_challenge is needed (plain or S256).")
        if not scopes or not scopes <= SCOPES or not query.get("redirect_uri"):
            raise BadGrant("invalid_scope", f"Known scopes: {' '.join(sorted(SCOPES))}.")
        code = secrets.token_urlsafe(24)
        method = query.get("code_challenge_method", "plain")
        expires_at = self._now() + CODE_SECONDS
        self._grants_by_code[code] = _Grant(
            scopes, expires_at, query["redirect_uri"], query["code_challenge"], method
        )
        parameters = {"state": query.get("state", ""), "code": code}
        return f"{query['redirect_uri']}{'&' if '?' in query['redirect_uri'] else '?'}{urlencode(parameters)}"

    def grant_token(self, form: dict[str, str], authorization: str) -> dict[str, Any]:
        """Return a new access token and, with offline.access, a new refresh token."""
        self._check_client(form, authorization)
        match form.get("grant_type"):
            case "authorization_code":
                return self._issue_tokens(self._redeem_code(form).scopes)
            case "refresh_token":
                return self._issue_tokens(self._rotate_refresh_token(form.get("refresh_token", "")).scopes)
        raise BadGrant("unsupported_grant_type", "grant_type is authorization_code or refresh_token.")

    def revoke(self, token: str) -> None:
        """Revoke the token."""
        self._grants_by_access_token.pop(token, None)
        self._grants_by_refresh_token.pop(token, None)

    def scopes_of(self, token: str) -> frozenset[str] | None:
        """Return the scopes of a valid access token, or None if it is unknown or expired."""
        grant = self._grants_by_access_token.get(token)
        return grant.scopes if grant and self._now() < grant.expires_at else None

    def _check_client(self, form: dict[str, str], authorization: str) -> None:
        kind, _, credentials = authorization.partition(" ")
        if kind.lower() == "basic":
            expected = base64.b64encode(f"{accounts.CLIENT_ID}:{accounts.CLIENT_SECRET}".encode()).decode()
            is_known_client = credentials.strip() == expected
        else:
            is_known_client = form.get("client_id") == accounts.CLIENT_ID
        if not is_known_client:
            raise BadGrant("unauthorized_client", "Missing or wrong client credentials.", status=401)

    def _redeem_code(self, form: dict[str, str]) -> _Grant:
        grant = self._grants_by_code.pop(form.get("code", ""), None)
        if grant is None or self._now() >= grant.expires_at or form.get("redirect_uri") != grant.redirect_uri:
            raise BadGrant("invalid_request", "Value passed for the authorization code was invalid.")
        if _challenge(form.get("code_verifier", ""), grant.method) != grant.challenge:
            raise BadGrant("invalid_request", "Value passed for the code verifier did not match.")
        return grant

    def _rotate_refresh_token(self, token: str) -> _Grant:
        grant = self._grants_by_refresh_token.get(token)
        if grant is None or self._now() >= grant.expires_at:
            raise BadGrant("invalid_request", "Value passed for the token was invalid.")
        expires_at = min(grant.expires_at, self._now() + get_option(self._state, "refresh_grace"))
        self._grants_by_refresh_token[token] = replace(grant, expires_at=expires_at)
        return grant

    def _issue_tokens(self, scopes: frozenset[str]) -> dict[str, Any]:
        lifetime = get_option(self._state, "token_seconds")
        access = secrets.token_urlsafe(48)
        self._grants_by_access_token[access] = _Grant(scopes, self._now() + lifetime)
        response = {
            "token_type": "bearer",
            "expires_in": lifetime,
            "access_token": access,
            "scope": " ".join(sorted(scopes)),
        }
        if "offline.access" in scopes:
            response["refresh_token"] = secrets.token_urlsafe(48)
            self._grants_by_refresh_token[response["refresh_token"]] = _Grant(scopes, float("inf"))
        return response

    def _now(self) -> float:
        return self._state.now().timestamp()


def _challenge(verifier: str, method: str) -> str:
    if method == "plain":
        return verifier
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
