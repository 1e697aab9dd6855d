"""What a lane has in hand: claimed in the ledger, with the part that each delivery needs prepared."""

import json
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from humaspost.delivery.account_session import Line, Sender
from humaspost.delivery.worker.preparations import Work, Works
from humaspost.ledger.deliveries import claims
from humaspost.ledger.schema import rendition
from humaspost.model.rendition import Part, Rendition


@dataclass(slots=True, eq=False)
class Claimed:
    """One delivery that is ours until it is gated or put back."""

    key: str
    post: str
    due_at: datetime
    priority: int
    work: Work


class Hand:
    """Used by the lane's deciding thread only. Whatever the ledger calls ours is here, even where a read failed."""

    def __init__(self, line: Line, sender: Sender, works: Works) -> None:
        self._line, self._sender, self._works = line, sender, works
        self._taken: deque[Row[Any]] = deque()
        self._claimed: list[Claimed] = []

    def __iter__(self) -> Iterator[Claimed]:
        """By priority, what is due first."""
        return iter(list(self._claimed))

    def __len__(self) -> int:
        return len(self._claimed) + len(self._taken)

    def take(self, *, until: datetime, now: datetime, most: int) -> None:
        """Up to ``most`` deliveries that are due ``until`` are ours, of due posts expanded to their people."""
        line, sender = self._line, self._sender

        def work(conn: Connection) -> list[Row[Any]]:
            claims.expand(conn, line.id, until=until, now=now)
            return claims.claim(
                conn, line.id, owner=sender.owner, until=until, now=now, limit=most, only=sender.only
            )

        self._taken += sender.ledger.committer.submit(work).result()

    def place(self, now: datetime) -> None:
        """What was taken has its part to be prepared; where the ledger cannot be read, at the next turn."""
        if not self._taken:
            return
        parts: dict[str, tuple[Part, ...]] = {}
        while self._taken:
            row = self._taken[0]
            if row.rendition not in parts:
                parts[row.rendition] = self._parts(row.rendition)
            work = self._works.of(parts[row.rendition][row.part - 1])
            self._claimed.append(Claimed(row.key, row.post, row.due_at, row.priority, work))
            self._taken.popleft()
        self._claimed.sort(key=lambda c: (c.priority, c.due_at > now))

    def _parts(self, body: str) -> tuple[Part, ...]:
        with self._sender.ledger.read() as conn:
            text = conn.scalar(select(rendition.c.body).where(rendition.c.hash == body))
        return Rendition.from_json(json.loads(text or "")).parts

    def renew(self, part_hash: str) -> None:
        """The part is prepared as the ledger has it, for whoever is still to be sent it."""
        mine = [claimed for claimed in self._claimed if claimed.work.part_hash == part_hash]
        if not mine:
            self._works.forget(part_hash)
            return
        fresh = self._works.anew(mine[0].work.part)
        for claimed in mine:
            claimed.work = fresh

    def drop(self, gone: Collection[Claimed]) -> None:
        """They are not ours any more, and the ledger knows it."""
        self._claimed = [claimed for claimed in self._claimed if claimed not in gone]

    def put_back(self, back: Collection[Claimed], until: datetime | None) -> None:
        """They wait again, until then, for whoever sends."""
        keys, now, owner = [claimed.key for claimed in back], self._sender.now(), self._sender.owner
        if keys:
            self._sender.ledger.write(
                lambda conn: claims.put_back(conn, keys, owner=owner, not_before=until, now=now)
            )
        self.drop(back)

    def put_all_back(self, until: datetime | None = None) -> None:
        """Nothing is in hand."""
        self.put_back(self._claimed, until)
