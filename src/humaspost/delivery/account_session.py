"""One account, ready for sending: its channel, rules, context, and a session per thread."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from humaspost.delivery.events import EmitEvent, ignore
from humaspost.delivery.steps.receipts import ReceiptQueue
from humaspost.delivery.writes_in_flight import WritesInFlight
from humaspost.ledger.database import Ledger
from humaspost.model.account import Account
from humaspost.model.channel import Channel, ChannelContext, Session
from humaspost.model.decision import CheckFile, CheckRecipient, Decide, assume_present
from humaspost.model.rules import Rules


@dataclass
class AccountSession:
    """Everything that a worker needs of one account.

    ``account_id`` is the ledger's. A session is opened for each thread that uses one. ``identity`` is a
    digest of the configured handle and secrets: after a change of it the platform is asked again before
    anything is sent. ``invalidated_parts`` are hashes of parts whose preparation is used up or not valid any
    more: the worker discards it. ``quota_lock`` is held while a step is counted against a quota that another
    thread could use up.
    """

    account: Account
    account_id: str
    channel: Channel
    rules: Rules
    context: ChannelContext
    identity: str = ""
    invalidated_parts: set[str] = field(default_factory=set)
    quota_lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _local: threading.local = field(default_factory=threading.local, repr=False)
    _exit_stack: ExitStack = field(default_factory=ExitStack, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def session(self) -> Session:
        """Return this thread's session; open it at first use."""
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            manager = self.channel.open(self.account.config, self.context)
            with self._lock:
                session = self._exit_stack.enter_context(manager)
            self._local.session = session
        return session

    def close(self) -> None:
        """Close all connections of the account."""
        with self._lock:
            self._exit_stack.close()
        self._local = threading.local()

    @property
    def first_check_delay(self) -> float | None:
        """Return the seconds from an unknown outcome to the first lookup.

        None = a user decides at once.
        """
        if self.account.on_unknown == "ask" or not self.channel.lookup_schedule.delays:
            return None
        return self.channel.lookup_schedule.delays[0]


@dataclass(frozen=True)
class SenderContext:
    """The objects and settings that all workers of one sending process share.

    ``owner`` is the uuid of the process; ``configured`` are all account names. ``check_file`` compares a
    post's file with its stamp; ``rescan_requested`` is set where the folder must be read again.
    """

    ledger: Ledger
    owner: str
    decide: Decide
    check_recipient: CheckRecipient
    now: Callable[[], datetime]
    configured: frozenset[str]
    same_text_period: timedelta = timedelta(days=30)
    emit: EmitEvent = ignore
    only_post: str | None = None
    check_file: CheckFile = assume_present
    rescan_requested: threading.Event = field(default_factory=threading.Event)
    receipts: ReceiptQueue = field(default_factory=ReceiptQueue)
    writes_in_flight: WritesInFlight = field(default_factory=WritesInFlight)
