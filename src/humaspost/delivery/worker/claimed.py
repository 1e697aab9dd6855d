"""The claimed deliveries of a worker, each with the preparation of its part."""

import json
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from humaspost.delivery.account_session import AccountSession, SenderContext
from humaspost.delivery.events import DeliveryEvent
from humaspost.delivery.steps.bugs import as_rejection, is_bug
from humaspost.delivery.worker.failures import Failure, Failures
from humaspost.delivery.worker.preparations import Preparation, Preparations
from humaspost.ledger.deliveries import claims
from humaspost.ledger.posts import post_stops
from humaspost.ledger.schema import rendition
from humaspost.model.event_kind import EventKind
from humaspost.model.records import PostStop
from humaspost.model.rendition import Part, Rendition


@dataclass(slots=True, eq=False)
class ClaimedDelivery:
    """A delivery that this worker has claimed until it passes the gate or is released."""

    key: str
    post: str
    due_at: datetime
    priority: int
    preparation: Preparation


class ClaimedDeliveries:
    """All deliveries that the worker has claimed.

    Only the worker's deciding thread uses it. Every delivery that the ledger records as claimed is here, even
    where a read failed.
    """

    def __init__(
        self,
        account_session: AccountSession,
        sender: SenderContext,
        preparations: Preparations,
        failures: Failures,
    ) -> None:
        self._account_session, self._sender, self._preparations = account_session, sender, preparations
        self._failures = failures
        self._claimed_rows: deque[claims.Claim] = deque()
        self._claimed: list[ClaimedDelivery] = []

    def __iter__(self) -> Iterator[ClaimedDelivery]:
        """Iterate by priority, with due deliveries first."""
        return iter(list(self._claimed))

    def __len__(self) -> int:
        return len(self._claimed) + len(self._claimed_rows)

    def expand(self, *, until: datetime, now: datetime) -> "Future[list[PostStop]]":
        """Expand posts that are due ``until`` to their recipients, or stop them as a whole.

        Returns the future of the commit, with the new stops.
        """
        account_session, sender = self._account_session, self._sender

        def operation(conn: Connection) -> list[PostStop]:
            stops = post_stops.settle_due(
                conn,
                account_session.account_id,
                decide=sender.decide,
                until=until,
                now=now,
                only_post=sender.only_post,
            )
            claims.expand_due(
                conn,
                account_session.account_id,
                check_recipient=sender.check_recipient,
                until=until,
                now=now,
                only_post=sender.only_post,
            )
            return stops

        return sender.ledger.committer.submit(operation)

    def claim(self, *, until: datetime, now: datetime, limit: int) -> None:
        """Expand due posts to their recipients; claim up to ``limit`` deliveries due ``until``.

        A post that cannot be expanded keeps no other back; its error is raised after the claims.
        """
        account_session, sender = self._account_session, self._sender

        def operation(conn: Connection) -> list[claims.Claim]:
            return claims.claim_due(
                conn,
                account_session.account_id,
                owner=sender.owner,
                until=until,
                now=now,
                limit=limit,
                only_post=sender.only_post,
            )

        expanded = self.expand(until=until, now=now)  # two operations of one transaction
        rows = sender.ledger.committer.submit(operation).result()
        # An edit can release a claim in the ledger without our notice. A delivery that is claimed again must be here
        # once: two requests for one delivery made the gate fail, again and again, for the whole account.
        renewed = {row.key for row in rows}
        self._claimed = [claimed for claimed in self._claimed if claimed.key not in renewed]
        self._claimed_rows = deque(row for row in self._claimed_rows if row.key not in renewed)
        self._claimed_rows += rows
        self._failures.discard(renewed)
        self._report_stops(expanded.result(), now)

    def _report_stops(self, stops: Iterable[PostStop], now: datetime) -> None:
        """Report each post that is not sent to anybody, once."""
        name = self._account_session.account.name
        for stop in stops:
            self._sender.emit(DeliveryEvent(now, EventKind(stop.state), stop.post, name, detail=stop.reason))

    def attach_preparations(self, now: datetime) -> None:
        """Attach a preparation to each newly claimed delivery.

        Where the ledger cannot be read, the remaining rows wait for the next turn. A delivery whose part cannot
        be made out has failed.
        """
        if not self._claimed_rows:
            return
        parts: dict[str, tuple[Part, ...]] = {}
        while self._claimed_rows:
            row = self._claimed_rows[0]
            try:
                if row.rendition not in parts:
                    parts[row.rendition] = self._load_parts(row.rendition)
                preparation = self._preparations.get_or_start(parts[row.rendition][row.part - 1])
            except Exception as error:
                if not is_bug(error):
                    raise
                self._failures.add(Failure(row.key, row.post, as_rejection(error), whole_post=True))
            else:
                self._claimed.append(
                    ClaimedDelivery(row.key, row.post, row.due_at, row.priority, preparation)
                )
            self._claimed_rows.popleft()
        self._claimed.sort(key=lambda c: (c.priority, c.due_at > now))

    def _load_parts(self, rendition_hash: str) -> tuple[Part, ...]:
        with self._sender.ledger.read() as conn:
            text = conn.scalar(select(rendition.c.body).where(rendition.c.hash == rendition_hash))
        return Rendition.from_json(json.loads(text or "")).parts

    def renew_preparation(self, part_hash: str) -> None:
        """Load the part's preparation from the ledger again, for the deliveries that need it."""
        affected = [claimed for claimed in self._claimed if claimed.preparation.part_hash == part_hash]
        if not affected:
            self._preparations.discard(part_hash)
            return
        preparation = self._preparations.restart(affected[0].preparation.part)
        for claimed in affected:
            claimed.preparation = preparation

    def discard(self, deliveries: Collection[ClaimedDelivery]) -> None:
        """Remove deliveries that the ledger does not record as claimed any more."""
        self._claimed = [claimed for claimed in self._claimed if claimed not in deliveries]

    def release(self, deliveries: Collection[ClaimedDelivery], until: datetime | None) -> None:
        """Release the deliveries, to be claimed by any sender after ``until``."""
        self._release([claimed.key for claimed in deliveries], until)
        self.discard(deliveries)

    def release_all(self, until: datetime | None = None) -> None:
        """Release all claimed deliveries, also those that have no preparation yet."""
        keys = [claimed.key for claimed in self._claimed] + [row.key for row in self._claimed_rows]
        self._release(keys, until)
        self._claimed = []
        self._claimed_rows.clear()

    def _release(self, keys: list[str], until: datetime | None) -> None:
        now, owner = self._sender.now(), self._sender.owner
        if keys:
            self._sender.ledger.write(
                lambda conn: claims.release_claims(conn, keys, owner=owner, not_before=until, now=now),
                is_outcome=True,
            )
