"""The demo account of the simulated X and its fixed credentials, valid only in the sandbox."""

from datetime import UTC, datetime

USER_ID = "1580218334410428416"
HANDLE = "kotacontoh"
NAME = "Pemerintah Kota Contoh"
CREATED_AT = datetime(2022, 10, 12, 2, 0, tzinfo=UTC)

API_KEY = "sandbox-api-key"
API_KEY_SECRET = "sandbox-api-key-secret"  # noqa: S105  (public on purpose)
ACCESS_TOKEN = f"{USER_ID}-sandboxAccessToken"
ACCESS_TOKEN_SECRET = "sandbox-access-token-secret"  # noqa: S105  (public on purpose)
APP_BEARER = "sandbox-app-only-bearer"

CLIENT_ID = "sandbox-client-id"
CLIENT_SECRET = "sandbox-client-secret"  # noqa: S105  (public on purpose)

TITLE = "X"
OWNER = f"@{HANDLE}"
ITEM = ("post", "posts")
#: Its objects are messages to people, and the page counts those.
TO_PEOPLE = False
SECRETS = ("api_key", "api_key_secret", "access_token", "access_token_secret")
ACCOUNTS = {
    "api_key": API_KEY,
    "api_key_secret": API_KEY_SECRET,
    "access_token": ACCESS_TOKEN,
    "access_token_secret": ACCESS_TOKEN_SECRET,
    "handle": f"@{HANDLE}",
    "user_id": USER_ID,
    "client_id": CLIENT_ID,
    "client_secret": CLIENT_SECRET,
    "app_bearer": APP_BEARER,
}
