"""The demo account on Instagram, with fixed credentials for both ways to log in."""

USER_ID = "17841400000000000"
#: The ``id`` in ``/me`` on graph.instagram.com: it is scoped to one app, so never compare it.
APP_SCOPED_ID = "26012345678901234"
USERNAME = "kotacontoh"
NAME = "Pemerintah Kota Contoh"
BUSINESS_ID = "702164409823511"
PAGE_ID = "110843418940484"
PAGE_NAME = "Pemerintah Kota Contoh"
FACEBOOK_USER_ID = "10215241773831025"
APP_ID = "634974688087057"
#: Not secrets: they are valid only in this sandbox.
ACCESS_TOKEN = "IGAAsandboxInstagramKotaContoh"  # noqa: S105 - a demo constant
FACEBOOK_TOKEN = "EAAsandboxFacebookKotaContoh"  # noqa: S105 - a demo constant
APP_SECRET = "sandbox-app-secret-kota-contoh"  # noqa: S105 - a demo constant
#: Pages with a location on the map; any other ``location_id`` is refused.
LOCATION_IDS = ("106377336067638", "213385402")

TITLE = "Instagram"
OWNER = f"@{USERNAME}"
ITEM = ("post", "posts")
#: Its objects are messages to people, and the page counts those.
TO_PEOPLE = False
SECRETS = ("access_token",)
ACCOUNTS = {
    "user_id": USER_ID,
    "access_token": ACCESS_TOKEN,
    "username": USERNAME,
    "facebook_access_token": FACEBOOK_TOKEN,
}
