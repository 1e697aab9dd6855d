"""Webhook events about people: opt-outs, marketing choices, service windows, new numbers."""

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
    """Record what the event says about a person, and yield the changes to report.

    ``is_opt_out`` tells whether a text means that the person wants no more messages.
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
            _record_preference(conn, account, phone, marketing=event.accepts_marketing, at=at, now=now)
            if not event.accepts_marketing:
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
            # The other spelling is opted out too, so that no list with that spelling adds them again.
            _opt_out(conn, event.phone, at=at, now=now)


def _apply_remembered_choices(
    conn: Connection, account: str, event: PersonEvent, phone: str, *, now: datetime
) -> Iterator[WebhookChange]:
    """Apply the choices that the person made before their number was known."""
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
    """Report the new number, and copy opt-outs between the old number and the new one.

    An opt-out of the old number always holds for the new one. An opt-out of the new number holds for the old
    one only where it is later than the change.
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
        choice = identities.MARKETING if event.accepts_marketing else identities.NO_MARKETING
        identities.remember_choice(conn, account, event, choice, now=now)


def _open_window(conn: Connection, account: str, phone: str, *, at: datetime) -> None:
    """Open the person's window for 24 hours from ``at``; strangers have no window."""
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        service_windows.open_window(conn, account, person.id, at=at)


def _close_window(conn: Connection, account: str, phone: str, *, at: datetime) -> None:
    """Close the person's window, which the platform reports as not open."""
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        service_windows.close_window(conn, account, person.id, at=at)


def _record_preference(
    conn: Connection, account: str, phone: str, *, marketing: bool, at: datetime, now: datetime
) -> None:
    """Record whether the person wants marketing; keep a stranger's refusal for later lists."""
    if not marketing:
        recipients.add_recipients(conn, [(phone, "", None)], now=now)
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        marketing_preferences.record_preference(conn, account, person.id, marketing=marketing, at=at)


def _opt_out(conn: Connection, phone: str, *, at: datetime, now: datetime) -> WebhookChange:
    """Opt the person out; remember a stranger too, so that no later list adds them."""
    recipients.add_recipients(conn, [(phone, "", at)], now=now)
    person = recipients.get_by_phone(conn, phone)
    if person is not None:
        recipients.record_opt_outs(conn, [(person.id, at)])
    return WebhookChange(EventKind.OPTED_OUT)
