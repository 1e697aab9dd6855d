"""Webhook events about people: opt-outs, marketing preferences, service windows, new numbers."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import assert_never

from sqlalchemy import Connection

from humaspost.ledger.people import marketing_preferences, recipients, service_windows
from humaspost.ledger.webhooks import identities
from humaspost.ledger.webhooks.webhook_change import WebhookChange
from humaspost.model.channel_event import (
    InboundMessage,
    MarketingPreference,
    MessageStatus,
    NumberChanged,
    OptOut,
    PersonEvent,
    ServiceWindowClosed,
)
from humaspost.model.event_kind import EventKind


def apply(
    conn: Connection,
    account: str,
    event: PersonEvent,
    *,
    is_opt_out: Callable[[str], bool],
    now: datetime,
) -> Iterator[WebhookChange]:
    """Record everything that the event says about a person, and yield the changes that people are told of.

    ``is_opt_out`` tells whether a person's words mean that they want no more.
    """
    opts_out = isinstance(event, OptOut) or (
        isinstance(event, InboundMessage) and (is_opt_out(event.text) or is_opt_out(event.payload))
    )
    phone, at = identities.find_phone(conn, account, event, now=now), min(event.at, now)
    if phone is None:
        _remember_choices(conn, account, event, opts_out=opts_out, now=now)
        return
    yield from _apply_remembered_choices(conn, account, event, phone, now=now)
    match event:
        case InboundMessage():
            _open_window(conn, account, phone, at=at)
        case ServiceWindowClosed():
            _close_window(conn, account, phone, at=at)
        case MarketingPreference():
            _record_preference(conn, account, phone, marketing=event.wants_marketing, at=at, now=now)
            if not event.wants_marketing:
                yield WebhookChange(EventKind.NO_MARKETING)
        case NumberChanged():
            if identities.link(conn, account, event, now=now):
                yield from _change_phone(conn, phone, event.new_phone, at=at, now=now)
        case MessageStatus() | OptOut():
            pass
        case _:
            assert_never(event)
    if opts_out:
        yield _opt_out(conn, phone, at=at, now=now)
        if event.phone not in (None, phone):
            # However they wrote it: no list that has it so brings them in again.
            _opt_out(conn, event.phone, at=at, now=now)


def _apply_remembered_choices(
    conn: Connection, account: str, event: PersonEvent, phone: str, *, now: datetime
) -> Iterator[WebhookChange]:
    """Apply what the person said before their number was known."""
    if not event.user_id:
        return
    if chosen_at := identities.pop_remembered_choice(conn, account, event.user_id, identities.OPTED_OUT):
        yield _opt_out(conn, phone, at=chosen_at, now=now)
    for choice in (identities.NO_MARKETING, identities.MARKETING):
        if chosen_at := identities.pop_remembered_choice(conn, account, event.user_id, choice):
            _record_preference(
                conn, account, phone, marketing=choice == identities.MARKETING, at=chosen_at, now=now
            )


def _change_phone(
    conn: Connection, old_phone: str, new_phone: str, *, at: datetime, now: datetime
) -> Iterator[WebhookChange]:
    """Whoever had left has left with the new number too, whatever list it is written in.

    And the other way round, where the news of the new number is later than their word from it.
    """
    yield WebhookChange(EventKind.NUMBER_CHANGED, phones=(old_phone, new_phone))
    old_person, new_person = (
        recipients.get_by_phone(conn, old_phone),
        recipients.get_by_phone(conn, new_phone),
    )
    if old_person is not None and old_person.opted_out_at is not None:
        _opt_out(conn, new_phone, at=old_person.opted_out_at, now=now)
    if new_person is not None and new_person.opted_out_at is not None and new_person.opted_out_at >= at:
        _opt_out(conn, old_phone, at=new_person.opted_out_at, now=now)


def _remember_choices(
    conn: Connection, account: str, event: PersonEvent, *, opts_out: bool, now: datetime
) -> None:
    """Keep the choice of a person with only the platform's id until their number is known."""
    if event.user_id is None:
        return
    if opts_out:
        identities.remember_choice(conn, account, event, identities.OPTED_OUT, now=now)
    if isinstance(event, MarketingPreference):
        choice = identities.MARKETING if event.wants_marketing else identities.NO_MARKETING
        identities.remember_choice(conn, account, event, choice, now=now)


def _open_window(conn: Connection, account: str, phone: str, *, at: datetime) -> None:
    """Free text may be sent to the person for 24 hours from ``at``; strangers have no window."""
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        service_windows.open_window(conn, account, person.id, at=at)


def _close_window(conn: Connection, account: str, phone: str, *, at: datetime) -> None:
    """The platform says that the person's window is not open."""
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        service_windows.close_window(conn, account, person.id, at=at)


def _record_preference(
    conn: Connection, account: str, phone: str, *, marketing: bool, at: datetime, now: datetime
) -> None:
    """The person wants marketing of the account, or none; a stranger's "none" waits for any later list."""
    if not marketing:
        recipients.add_recipients(conn, [(phone, "", None)], now=now)
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        marketing_preferences.record_preference(conn, account, person.id, marketing=marketing, at=at)


def _opt_out(conn: Connection, phone: str, *, at: datetime, now: datetime) -> WebhookChange:
    """The person is sent nothing more; a stranger is remembered, so that no later list brings them in."""
    recipients.add_recipients(conn, [(phone, "", at)], now=now)
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        recipients.record_opt_outs(conn, [(person.id, at)])
    return WebhookChange(EventKind.OPTED_OUT)
