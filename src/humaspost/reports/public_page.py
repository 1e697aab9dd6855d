"""The public page of an account, where a person checks whether a post is live."""

from humaspost.app.office import Office


def public_page(office: Office, channel_name: str, account_name: str) -> str:
    """Return the address of the account's page, else of the platform; '' where there is none.

    The account's name is part of the address on platforms under a ``.com``.
    """
    channel, account = office.channels.get(channel_name), office.settings.account(account_name)
    site = channel.lookup_schedule.public_site if channel else ""
    display_name = account.display_name if account else ""
    has_own_page = display_name.startswith("@") and site.endswith(".com/")
    return f"{site}{display_name[1:]}" if has_own_page else site
