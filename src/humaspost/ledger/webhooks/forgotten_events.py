"""Webhook events about forgotten people: they count, but no id with a number is stored."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Connection

from humaspost.ledger.people import forgotten
from humaspost.model.channel_event import ChannelEvent, NumberChanged, OptOut, PersonEvent
from humaspost.model.delivery import parse_callback


def hide_forgotten(conn: Connection, events: Iterable[ChannelEvent]) -> list[ChannelEvent]:
    """Return the events, with pseudonyms instead of ids in those about forgotten people."""
    received = list(events)
    key = forgotten.get_key(conn)
    if key is None:
        return received
    about = [event for event in received if isinstance(event, PersonEvent)]
    phones = forgotten.find_forgotten(conn, {event.phone for event in about if event.phone})
    keys = {parsed for event in about if (parsed := parse_callback(event.key)[0])}
    gone = set(forgotten.list_keys_without_person(conn, keys))
    return [
        _hide(event, key)
        if isinstance(event, PersonEvent) and (event.phone in phones or parse_callback(event.key)[0] in gone)
        else event
        for event in received
    ]


def _hide(event: PersonEvent, key: bytes) -> PersonEvent:
    dedupe_key = forgotten.pseudonym_of(key, event.dedupe_key)
    if isinstance(event, OptOut | NumberChanged) or event.remote_id is None:
        return replace(event, dedupe_key=dedupe_key)
    return replace(event, dedupe_key=dedupe_key, remote_id=forgotten.pseudonym_of(key, event.remote_id))
