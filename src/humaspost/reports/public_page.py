"""The public page of an account, where a person can check whether a post is published."""

from humaspost.app.office import Office


def public_page(office: Office, channel_name: str, account_name: str) -> str:
    """Return the address of the account's page, else the platform's, else ""."""
    channel, account = office.channels.get(channel_name), office.settings.account(account_name)
    if channel is None:
        return ""
    return channel.lookup_schedule.page_of(account.display_name if account else "")
