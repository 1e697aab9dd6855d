"""One account, ready to be sent on: its channel, its rules, its door, and a session per thread."""

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from humaspost.delivery.events import EmitEvent, ignore
from humaspost.delivery.steps.receipts import ReceiptQueue
from humaspost.ledger.database import Ledger
from humaspost.ledger.deliveries.gate import Decide
from humaspost.model.account import Account
from humaspost.model.channel import Channel, ChannelContext, Session
from humaspost.model.decision import CheckRecipient
from humaspost.model.rules import Rules


@dataclass
class AccountSession:
    """Everything a lane needs of one account; ``id`` is the ledger's. Sessions are opened as threads ask.

    ``identity`` is a digest of whose account it is said to be, and by which secrets: with another one the
    platform is asked anew before anything is sent. ``spent`` are hashes of parts whose preparation is used
    up, or no good any more: the lane forgets it.
    ``beginning`` is held while a step is counted against a quota that another thread could be using up.
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
        """This thread's session."""
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            manager = self.channel.open(self.account.config, self.context)
            with self._lock:
                session = self._exit_stack.enter_context(manager)
            self._local.session = session
        return session

    def close(self) -> None:
        """No connection of the account is open."""
        with self._lock:
            self._exit_stack.close()
        self._local = threading.local()

    @property
    def first_check_delay(self) -> float | None:
        """Seconds from an unknown outcome to the first look; None = a person is asked at once."""
        if self.account.on_unknown == "ask" or not self.channel.lookup_schedule.delays:
            return None
        return self.channel.lookup_schedule.delays[0]


@dataclass(frozen=True)
class SenderContext:
    """What all lanes of one sending process share; ``owner`` is its uuid, ``configured`` all account names."""

    ledger: Ledger
    owner: str
    decide: Decide
    check_recipient: CheckRecipient
    now: Callable[[], datetime]
    configured: frozenset[str]
    same_text_period: timedelta = timedelta(days=30)
    emit: EmitEvent = ignore
    only_post: str | None = None
    receipts: ReceiptQueue = field(default_factory=ReceiptQueue)
