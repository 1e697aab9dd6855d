"""The gate's rule, asked for whole posts at their time, as things stand now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from humaspost.app.office import Office
from humaspost.model.decision import Deny, GateFacts, OnTime, Timing, UserDecision
from humaspost.model.delivery import State
from humaspost.model.plan import PlanRow
from humaspost.model.post import Late
from humaspost.model.reasons import PART_PREFIX, AccountHold, StopReason
from humaspost.model.records import PostTotals
from humaspost.policy import lateness
from humaspost.policy.decide import decide_after_holds
from humaspost.policy.eligibility import covers_list_hold
from humaspost.reports.forecasts.current_totals import with_rule, without_recorded_hold

#: The states in which a delivery is not sent any more, in the order in which they are told.
_NOT_SENT = (
    State.UNKNOWN,
    State.MISSED,
    State.FAILED,
    State.EXPIRED,
    State.REFUSED,
    State.CANCELLED,
)
#: The facts of a post to come: a pause or a hold of the account may end before.
_NO_PASSING_HOLDS: Mapping[str, Any] = {"is_paused": False, "account_hold": None}


#: What the rule holds at its time, if it still does: the next scan ends what it recorded of it.
_ENDED_BY_SCAN = (StopReason.NOT_PLANNED, StopReason.FILE, StopReason.LIST)
#: The states of a post that is not what it was when nothing of it was sent.
_STARTED = (State.PUBLISHED, State.SENDING, State.UNKNOWN, State.FAILED)


@dataclass(frozen=True, slots=True)
class PostForecast:
    """The forecast for one post on one account.

    ``remaining`` deliveries will be sent when it is ``due``, or wait for the end of ``hold_reason``.
    ``timing`` is that of the moment. ``not_sent`` are the states and reasons of the others.
    """

    timing: Timing
    remaining: int
    hold_reason: str = ""
    not_sent: Sequence[tuple[str, str]] = ()

    @property
    def due(self) -> datetime:
        """Return when it is due: by its file, or since a person published it."""
        return self.timing.due_at


class PostJudge:
    """The ledger's facts about every post, with the rows of the plan as their files are now.

    ``entries`` are the ledger's totals, by post and account name, without the holds that a sender recorded of
    whole posts. Without a ledger no database is loaded.
    """

    def __init__(self, office: Office) -> None:
        self.now: datetime = office.now()
        self.entries: Mapping[tuple[str, str], PostTotals] = {}
        self._facts: Mapping[tuple[str, str], GateFacts] = {}
        self._ledger_created_at = self.now
        self._active_pauses: Sequence[Any] = ()
        self._account_holds: Mapping[str, str | None] = {}
        self._list_held_at: Mapping[str, datetime] = {}
        self._office = office
        if office.has_ledger:
            self._load(office)

    def _load(self, office: Office) -> None:
        from humaspost.ledger import accounts
        from humaspost.ledger.database import get_created_at
        from humaspost.ledger.deliveries.gate_facts import read_posts
        from humaspost.ledger.holds import pauses
        from humaspost.ledger.people import list_holds
        from humaspost.ledger.queries import totals

        with office.ledger().read() as conn:
            entries = [without_recorded_hold(entry) for entry in totals.list_by_post(conn)]
            self.entries = {(entry.id, entry.account): entry for entry in entries}
            self._facts = read_posts(conn, now=self.now)
            self._ledger_created_at = get_created_at(conn) or self.now
            self._active_pauses = pauses.list_active(conn)
            self._account_holds = {row.name: row.hold for row in accounts.list_accounts(conn)}
            holds = list_holds.list_holds(conn)
            self._list_held_at = {record.audience: record.held_at for record in holds if record.held_at}

    def cancelled_at(self, row: PlanRow) -> datetime | None:
        """Return when a person cancelled the row; None = it is not cancelled."""
        entry = self.entries.get((row.post, row.account.name))
        return entry.cancelled_at if entry else None

    def is_started(self, row: PlanRow) -> bool:
        """Return True if something of the row was sent."""
        facts = self._facts.get((row.post, row.account.name))
        return facts is not None and facts.timing.first_write_at is not None

    def is_recorded(self, row: PlanRow, kind: str) -> bool:
        """Return True if a sender has recorded that state of the row already."""
        entry = self.entries.get((row.post, row.account.name))
        if entry is None or _is_moved(entry, row):
            return False
        return kind == entry.stop or any(count and kind == state for state, count in entry.counts.items())

    def list_totals(self) -> list[PostTotals]:
        """Return every post of the ledger with its deliveries as the rule says now, by due time.

        Nothing is read from the folder: the plan is that of the last scan.
        """
        return list(self.iterate_totals())

    def iterate_totals(self, *, due_after: datetime | None = None) -> Iterator[PostTotals]:
        """Yield what ``list_totals`` returns; the rule is asked for an entry when it is taken."""
        for entry in self.entries.values():
            if due_after is None or entry.due_at > due_after:
                yield with_rule(entry, self._deny_stored(entry))

    def _deny_stored(self, entry: PostTotals) -> Deny | None:
        facts = self._facts[entry.id, entry.account]
        facts = replace(facts, now=max(self.now, facts.due_at), waited_until=entry.waited_until)
        if facts.due_at > self.now:
            facts = replace(facts, **_NO_PASSING_HOLDS)
        decision = decide_after_holds(facts)
        return decision if isinstance(decision, Deny) else None

    def forecast(self, row: PlanRow, size: int) -> PostForecast:
        """Return what becomes of the row; ``size`` = its deliveries if nothing of it was sent yet."""
        entry = self.entries.get((row.post, row.account.name))
        facts = self._get_facts(row)
        timing = facts.timing
        undone = self._list_undone(row, entry) if entry else ()
        remaining, not_sent = _list_outcomes(entry, row, undone) if entry else (size, [])
        others = self._count_others(row, entry) if entry is not None else None
        joined = self._count_joined(row, entry) if entry is not None and others is None else 0
        remaining += joined
        is_open = (
            entry is None
            or others is not None
            or bool(remaining)
            or (entry.unexpanded is not None and not_sent == [])
        )
        if not is_open:
            return PostForecast(timing, remaining, not_sent=not_sent)
        if entry is not None and not entry.count(*_STARTED) and timing.due_at < self.now:
            remaining = size
        if others is not None:
            remaining = others
        hold_reason = _hold_reason(entry, undone) if entry else ""
        denial = self._deny(facts, row, remaining)
        if denial is None:
            return PostForecast(timing, remaining, hold_reason, not_sent)
        if denial.state is State.HELD and remaining:
            return PostForecast(timing, remaining, denial.reason, not_sent)
        all_not_sent = dict.fromkeys([*not_sent, (denial.state.value, str(denial.reason))])
        return PostForecast(timing, 0, not_sent=list(all_not_sent))

    def _count_others(self, row: PlanRow, entry: PostTotals) -> int | None:
        """Return how many get it if other people do than the ledger has of its lists, or None."""
        if not row.audiences or entry.cancelled_at:
            return None
        list_held_at = self._get_list_held_at(row)
        is_edited = set(row.audiences) != set(entry.audiences)
        if is_edited or covers_list_hold(entry.decision, entry.decided_at, list_held_at):
            return self._count_waiting(row, is_moved=_is_moved(entry, row))
        if _is_moved(entry, row) and list_held_at is None:
            # No sender has read the new date yet: it has the post sent to who joined or consented meanwhile.
            return self._count_waiting(row, is_moved=True) or None
        return None

    def _count_joined(self, row: PlanRow, entry: PostTotals) -> int:
        """Return how many joined the lists, or consented, of a post that everybody else had.

        The next scan enters them while the post is in time.
        """
        is_open = entry.unexpanded is None and entry.decision is not UserDecision.CANCEL
        if not (row.audiences and is_open) or self._get_list_held_at(row) is not None:
            return 0
        if not (self._is_in_time(row, late=Late.ASK) or (entry.waiting_count and self._is_in_time(row))):
            return 0
        from humaspost.ledger.queries import recipient_counts

        with self._office.ledger().read() as conn:
            return recipient_counts.count_new(
                conn, row.post, account_name=row.account.name, audiences=row.audiences
            )

    def _list_undone(self, row: PlanRow, entry: PostTotals) -> tuple[State, ...]:
        """Return the states that the next scan ends, as the file has other dates or another text."""
        if _is_moved(entry, row) or (_has_other_dates(entry, row) and self._is_in_time(row)):
            return (State.MISSED, State.EXPIRED, State.FAILED)
        is_mended = entry.rendition != row.rendition.hash
        return (State.FAILED,) if is_mended and self._is_in_time(row, late=Late.ASK) else ()

    def _is_in_time(self, row: PlanRow, *, late: Late | None = None) -> bool:
        """Return whether the rest of the post may start now, by its file's rule or by ``late``."""
        expires_at = row.expires.utc if row.expires else None
        timing = replace(self._get_facts(row).timing, late=late or row.late, expires_at=expires_at)
        return isinstance(lateness.verdict(timing, self.now), OnTime)

    def _get_list_held_at(self, row: PlanRow) -> datetime | None:
        times = (self._list_held_at.get(name) for name in row.audiences)
        return max((time for time in times if time is not None), default=None)

    def _count_waiting(self, row: PlanRow, *, is_moved: bool) -> int:
        from humaspost.ledger.queries import recipient_counts

        with self._office.ledger().read() as conn:
            return recipient_counts.count_waiting(
                conn,
                row.post,
                account_name=row.account.name,
                audiences=row.audiences,
                is_moved=is_moved,
            )

    def due_at(self, row: PlanRow) -> datetime:
        """Return when the row is due: by its file, or since a person published it."""
        entry = self.entries.get((row.post, row.account.name))
        return entry.due_at if entry is not None and entry.date_at == row.due.utc else row.due.utc

    def _deny(self, facts: GateFacts, row: PlanRow, recipient_count: int) -> Deny | None:
        """Return what the rule says against the row at its time, or None if it will go."""
        decision = decide_after_holds(facts)
        if isinstance(decision, Deny):
            return decision
        if not row.audiences or recipient_count:
            return None
        entry = self.entries.get((row.post, row.account.name))
        is_waiting = entry is None or entry.unexpanded is not None or bool(entry.counts[State.HELD])
        if self._get_list_held_at(row) is not None:
            # A person published it to whom the held list confirms; the others wait for the list.
            return Deny(State.HELD, StopReason.LIST) if is_waiting else None
        return Deny(State.HELD, StopReason.NO_RECIPIENTS)

    def _get_facts(self, row: PlanRow) -> GateFacts:
        due = self.due_at(row)
        stored = self._facts.get((row.post, row.account.name))
        base = stored or GateFacts(self.now, due, None, row.late, row.grace, None)
        # One copy: a second one of each post of an archive takes longer than the rule itself.
        return replace(
            base,
            now=max(self.now, due),
            due_at=due,
            expires_at=row.expires.utc if row.expires else None,
            late=row.late,
            grace=row.grace,
            is_planned=True,
            file_hold=None,
            list_held_at=self._get_list_held_at(row),
            due_before_ledger=due < self._ledger_created_at,
            **(_NO_PASSING_HOLDS if due > self.now else self._get_passing_holds(row, stored)),
        )

    def _get_passing_holds(self, row: PlanRow, stored: GateFacts | None) -> dict[str, Any]:
        """Return the facts of a post that is due that may end by themselves."""
        entry = self.entries.get((row.post, row.account.name))
        hold = self._account_holds.get(row.account.name)
        of_account = AccountHold(hold) if hold else None
        return {
            "waited_until": entry.waited_until if entry else None,
            "is_paused": self._is_paused(row),
            "account_hold": stored.account_hold if stored else of_account,
        }

    def _is_paused(self, row: PlanRow) -> bool:
        if not self._active_pauses:
            return False
        from humaspost.ledger.holds import pauses

        return pauses.is_paused(self._active_pauses, row.type, row.during_pause)


def post_totals(office: Office, post_id: str) -> list[PostTotals]:
    """Return the post on each of its accounts as the rule says now; [] if unknown."""
    return [entry for entry in PostJudge(office).list_totals() if entry.id == post_id]


def _is_moved(entry: PostTotals, row: PlanRow) -> bool:
    return entry.date_at != row.due.utc


def _has_other_dates(entry: PostTotals, row: PlanRow) -> bool:
    expires_at = row.expires.utc if row.expires else None
    own_late = row.own_late.value if row.own_late is not None else ""
    # A new late rule in config.toml is for the posts to come.
    return entry.expires_at != expires_at or (bool(own_late) and entry.own_late not in (None, own_late))


def _hold_reason(entry: PostTotals, undone: Sequence[State]) -> str:
    """Return what holds a part of the post after the next scan."""
    reason = entry.reasons.get(State.HELD, "")
    if reason.startswith(PART_PREFIX) and entry.count(*undone):
        return ""
    return "" if reason in _ENDED_BY_SCAN else reason


def _list_outcomes(
    entry: PostTotals, row: PlanRow, undone: Sequence[State]
) -> tuple[int, list[tuple[str, str]]]:
    """Return how many deliveries are still to be sent, and state and reason of the others.

    No sender has read the new file yet: it ends the ``undone`` states.
    """
    kinds = [
        (state.value, entry.reasons.get(state) or (entry.stop_reason if entry.stop is state else ""))
        for state in _NOT_SENT
        if entry.counts.get(state) or entry.stop is state
    ]
    remaining = entry.remaining_count + entry.count(*undone)
    if not row.audiences and entry.count(*undone) and not entry.count(State.UNKNOWN, State.CANCELLED):
        # What is left of a thread follows the new text, which may have more parts or fewer.
        remaining = max(0, len(row.rendition.parts) - entry.count(State.PUBLISHED, State.SENDING))
    if not entry.is_planned:
        # The plan has the account again.
        remaining += entry.unplanned
    kinds = [pair for pair in kinds if pair[0] not in undone]
    # Compared with the file as it is now: maybe no sender has read it since the last edit.
    frozen = entry.frozen_rendition
    changed = frozen != row.rendition.hash if frozen else entry.changed
    return remaining, [*kinds, ("changed", "")] if changed else kinds
