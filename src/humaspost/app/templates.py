"""A platform's templates, asked for now and kept for every command that works offline."""

from humaspost.app.office import Office
from humaspost.ledger import accounts
from humaspost.model.account import Facts


def survey(office: Office, name: str) -> Facts:
    """What the platform says of the account, kept in the ledger. Raises KeyError for a name that is not configured,

    and one of the six errors where the platform does not say it.
    """
    account = office.settings.account(name)
    if account is None:
        raise KeyError(name)
    line = office.line(account)
    try:
        facts = line.session.survey()
    finally:
        line.close()
    office.ledger(write=True).write(lambda conn: accounts.keep_facts(conn, line.id, facts))
    return facts
