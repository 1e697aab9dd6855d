"""The settlement of unknown outcomes by a person."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from humaspost.app import account_sessions
from humaspost.app.office import Office
from humaspost.base.i18n import _
from humaspost.ledger.deliveries import unknown_outcomes
from humaspost.ledger.queries import delivery_lists, totals
from humaspost.model.delivery import Proof, Receipt, RemoteLocation, State
from humaspost.model.records import DeliveryRecord

RESOLVABLE_STATES = {
    "published": (State.UNKNOWN,),
    "retry": (State.UNKNOWN, State.FAILED),
    "cancel": (State.UNKNOWN, State.FAILED, State.MISSED, State.HELD, State.SCHEDULED, State.PREPARING),
}
#: Most deliveries that one check covers: each one costs a request to the platform.
_MAX_CHECKS = 20
_KEY_PREFIX = re.compile(r"[0-9a-f]{6,32}")

#: Returns the id of the post that a person names, from (id, file) pairs of the ledger.
FindPost = Callable[[Iterable[tuple[str, str]]], str]


class UnusableAddress(Exception):
    """An address that cannot be recorded, or is missing; the message says why."""


def select_deliveries(
    office: Office, post_or_key: str, resolution: str | None, *, account: str | None, find_post: FindPost
) -> list[DeliveryRecord]:
    """Return deliveries that the resolution can settle; None selects all that can be settled.

    If none is unknown, ``published`` can still record an address for published deliveries.
    """
    states = RESOLVABLE_STATES[resolution or "cancel"]
    rows = _select_in_states(office, post_or_key, states, account=account, find_post=find_post)
    if rows or resolution != "published":
        return rows
    published = _select_in_states(
        office, post_or_key, (State.PUBLISHED,), account=account, find_post=find_post
    )
    with office.ledger().read() as conn:
        keys = unknown_outcomes.published_without_id(conn)
    return [row for row in published if row.key in keys and has_address(office, row)]


def is_delivery_key(office: Office, post_or_key: str) -> bool:
    """Return True if this is the beginning of a delivery's key, not a post."""
    if not _KEY_PREFIX.fullmatch(post_or_key):
        return False
    with office.ledger().read() as conn:
        return bool(delivery_lists.list_deliveries(conn, key_prefix=post_or_key, limit=1))


def list_unknown(office: Office, post: str, *, account: str | None) -> list[DeliveryRecord]:
    """Return the post's deliveries whose outcome is unknown."""
    with office.ledger().read() as conn:
        return delivery_lists.list_deliveries(
            conn, post_id=post, account_name=account, states=(State.UNKNOWN,)
        )


def _select_in_states(
    office: Office,
    post_or_key: str,
    states: Sequence[State],
    *,
    account: str | None,
    find_post: FindPost,
) -> list[DeliveryRecord]:
    with office.ledger().read() as conn:
        if _KEY_PREFIX.fullmatch(post_or_key):
            rows = delivery_lists.list_deliveries(
                conn, key_prefix=post_or_key, account_name=account, states=states
            )
            if rows:
                return rows
        post = find_post((row.id, row.file) for row in delivery_lists.list_posts(conn))
        return delivery_lists.list_deliveries(conn, post_id=post, account_name=account, states=states)


def find_cancelled(office: Office, rows: Sequence[DeliveryRecord]) -> DeliveryRecord | None:
    """Return the first of the deliveries whose whole post a person cancelled, or None."""
    with office.ledger().read() as conn:
        cancelled = {
            (entry.id, entry.account)
            for post in {row.post for row in rows}
            for entry in totals.list_by_post(conn, post_id=post)
            if entry.cancelled_at
        }
    return next((row for row in rows if (row.post, row.account_name) in cancelled), None)


def is_cancelled(office: Office, post: str, *, account: str | None) -> bool:
    """Return True if a person cancelled the post there, or anywhere where no account is named."""
    with office.ledger().read() as conn:
        entries = totals.list_by_post(conn, post_id=post)
    return any(entry.cancelled_at for entry in entries if account in (None, entry.account))


def has_address(office: Office, row: DeliveryRecord) -> bool:
    """Return True if the channel gives each post a public address that contains its id."""
    return bool(office.channels[row.channel].lookup_schedule.url_pattern)


def recheck(office: Office, rows: Sequence[DeliveryRecord]) -> dict[str, Receipt | Proof]:
    """Ask each platform again and return its answers by key; change nothing.

    No platform is asked if more than twenty outcomes are unknown.
    """
    from humaspost.delivery.steps.reconcile import lookup

    unknown_rows = [row for row in rows if row.state in (State.UNKNOWN, State.PUBLISHED)]
    if len(unknown_rows) > _MAX_CHECKS:
        return {}
    by_name = {account.name: account for account in office.settings.accounts}
    sessions = {
        name: account_sessions.open_account(office, by_name[name])
        for name in {row.account_name for row in unknown_rows} & set(by_name)
    }
    return {
        row.key: lookup(sessions[row.account_name], office.ledger(), row.key)
        for row in unknown_rows
        if row.account_name in sessions
    }


def remote_locations(
    office: Office,
    rows: Sequence[DeliveryRecord],
    check_results: Mapping[str, Receipt | Proof],
    *,
    url: str | None,
) -> dict[str, RemoteLocation]:
    """Return where each delivery is published, as the check found or the person reported.

    Raises UnusableAddress.
    """
    locations: dict[str, RemoteLocation] = {
        key: (result.remote_id, result.url)
        for key, result in check_results.items()
        if isinstance(result, Receipt)
    }
    unresolved = [row for row in rows if row.key not in locations]
    if url and len(rows) == 1:
        # A person who checked knows more than the timeline shows.
        return {rows[0].key: _parse_address(office, rows[0], url)}
    if url and len(unresolved) == 1:
        return {**locations, unresolved[0].key: _parse_address(office, unresolved[0], url)}
    if url:
        raise UnusableAddress(_("--url is the address of one of them: name it by its key, or with --account"))
    _require_addresses(office, unresolved)
    return locations


def _require_addresses(office: Office, unresolved: Sequence[DeliveryRecord]) -> None:
    """Raise UnusableAddress if an address is missing that a later part or the record needs."""
    with office.ledger().read() as conn:
        required_keys = unknown_outcomes.blocking_parts(
            conn, [row.key for row in unresolved]
        ) | unknown_outcomes.published_without_id(conn)
    for row in unresolved:
        if row.key in required_keys and has_address(office, row):
            message = _("say where part {part} is, the next one is to answer it: --url ADDRESS")
            if row.state == State.PUBLISHED:
                message = _("say where part {part} is: --url ADDRESS")
            raise UnusableAddress(message.format(part=row.part))


def _parse_address(office: Office, row: DeliveryRecord, url: str) -> RemoteLocation:
    lookup_schedule = office.channels[row.channel].lookup_schedule
    account = office.settings.account(row.account_name)
    display_name = account.display_name if account else ""
    remote_id = lookup_schedule.parse_remote_id(url, display_name=display_name)
    if lookup_schedule.url_pattern and remote_id is None:
        message = _(
            "{url} is not the address of a post of {account} on {channel}; copy it from there: {where}"
        )
        error_text = message.format(
            url=url, account=display_name, channel=row.channel, where=lookup_schedule.public_site
        )
        raise UnusableAddress(error_text)
    if remote_id is not None:
        with office.ledger().read() as conn:
            owner = unknown_outcomes.owner_of_remote_id(conn, row, remote_id)
        if owner is not None:
            message = _("there is {post}, part {part}, already; each has an address of its own")
            raise UnusableAddress(message.format(post=owner.post, part=owner.part))
    return remote_id, url


def settle(
    office: Office,
    rows: Sequence[DeliveryRecord],
    resolution: str,
    *,
    locations: Mapping[str, RemoteLocation] | None = None,
    whole_post: bool = False,
) -> int:
    """Record the decision (``published``, ``retry``, ``cancel``); return how many were settled.

    ``locations`` has, by key, where some deliveries are published. ``whole_post`` = a retry also holds for
    people of the post who have no delivery yet, and ends a cancel of the post.
    """
    keys, now, ledger = [row.key for row in rows], office.now(), office.ledger(write=True)
    match resolution:
        case "published":
            all_locations = dict.fromkeys(keys, (None, None)) | dict(locations or {})
            return ledger.write(lambda conn: unknown_outcomes.confirm_published(conn, all_locations, now=now))
        case "retry":
            return ledger.write(
                lambda conn: unknown_outcomes.retry(conn, keys, now=now, whole_post=whole_post)
            )
        case _:
            return ledger.write(lambda conn: unknown_outcomes.cancel(conn, keys, now=now))
