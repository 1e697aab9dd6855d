"""The demo business on WhatsApp, with fixed credentials."""

PHONE_NUMBER_ID = "106540352242922"
BUSINESS_ACCOUNT_ID = "102290129340398"
APP_ID = "634974688087057"
#: Not a secret: it is valid only in this sandbox.
ACCESS_TOKEN = "EAAsandboxWhatsAppKotaContoh"  # noqa: S105 - a demo constant
APP_SECRET = "sandbox-app-secret-kota-contoh"  # noqa: S105 - a demo constant
VERIFY_TOKEN = "sandbox-verify-token"  # noqa: S105 - a demo constant
NUMBER = "+6281112349900"
DISPLAY_PHONE_NUMBER = "+62 811-1234-9900"
COUNTRY_CODE = "62"
VERIFIED_NAME = "Humas Kota Contoh"

TITLE = "WhatsApp"
OWNER = VERIFIED_NAME
ITEM = ("message", "messages")
#: Its objects are messages to people, and the page counts those.
TO_PEOPLE = True
SECRETS = ("access_token", "app_secret", "verify_token")
ACCOUNTS = {
    "phone_number_id": PHONE_NUMBER_ID,
    "business_account_id": BUSINESS_ACCOUNT_ID,
    "access_token": ACCESS_TOKEN,
    "app_secret": APP_SECRET,
    "verify_token": VERIFY_TOKEN,
    "display_phone_number": DISPLAY_PHONE_NUMBER,
    "verified_name": VERIFIED_NAME,
}
