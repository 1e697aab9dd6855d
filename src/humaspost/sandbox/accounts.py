"""The demo accounts of all simulated platforms: a module of constants for each."""

from types import ModuleType

from humaspost.sandbox.instagram import accounts as instagram
from humaspost.sandbox.whatsapp import accounts as whatsapp
from humaspost.sandbox.x import accounts as x

#: Each module has TITLE and OWNER for the page, ITEM (one, several) and TO_PEOPLE for its counts, SECRETS (names in
#: credentials.toml), and ACCOUNTS for ``humaspost sandbox --json``.
DEMO_ACCOUNTS: dict[str, ModuleType] = {"x": x, "instagram": instagram, "whatsapp": whatsapp}
