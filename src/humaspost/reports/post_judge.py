"""The gate's rule, asked for whole posts: what would become of each at its time, as things stand now."""

from dataclasses import replace
from datetime import datetime

from humaspost.app.office import Office
from humaspost.ledger import accounts
from humaspost.ledger.database import get_created_at
from humaspost.ledger.deliveries.gate_facts import read_posts
from humaspost.ledger.holds import pauses
from humaspost.ledger.queries import totals
from humaspost.model.decision import Deny, GateFacts
from humaspost.model.delivery import State
from humaspost.model.plan import PlanRow
from humaspost.model.reasons import AccountHold, StopReason
from humaspost.policy.decide import decide


class PostJudge:
    """The ledger's facts about every post, with the rows of the plan as their files are now.

    ``entries`` are the ledger's totals, by post and account name.
    """

    def __init__(self, office: Office) -> None:
        self.now: datetime = office.now()
        with office.ledger().read() as conn:
            self.entries = {(entry.id, entry.account): entry for entry in totals.list_by_post(conn)}
            self._facts = read_posts(conn, now=self.now)
            self._ledger_created_at = get_created_at(conn) or self.now
            self._pauses = pauses.list_active(conn)
            self._account_holds = {row.name: row.hold for row in accounts.list_accounts(conn)}

    def due_at(self, row: PlanRow) -> datetime:
        """Return when the row is due: by its file, or since a person published it."""
        entry = self.entries.get((row.post, row.account.name))
        return entry.due_at if entry is not None and entry.date_at == row.due.utc else row.due.utc

    def denial(self, row: PlanRow, recipient_count: int) -> Deny | None:
        """Return what the rule says against the row at its time, or None if it will go.

        A pause or a hold of the account counts once the row is due: it may end before.
        """
        decision = decide(self._get_facts(row))
        if isinstance(decision, Deny):
            return decision
        return Deny(State.HELD, StopReason.NO_RECIPIENTS) if row.audiences and not recipient_count else None

    def _get_facts(self, row: PlanRow) -> GateFacts:
        due = self.due_at(row)
        stored = self._facts.get((row.post, row.account.name))
        base = stored or GateFacts(self.now, due, None, row.late, row.grace, None)
        facts = replace(
            base,
            now=max(self.now, due),
            due_at=due,
            expires_at=row.expires.utc if row.expires else None,
            late=row.late,
            grace=row.grace,
            is_planned=True,
            file_hold=None,
            due_before_ledger=due < self._ledger_created_at,
        )
        if due > self.now:
            return replace(facts, is_paused=False, account_hold=None)
        entry = self.entries.get((row.post, row.account.name))
        hold = self._account_holds.get(row.account.name)
        return replace(
            facts,
            waited_until=entry.waited_until if entry else None,
            is_paused=pauses.is_paused(self._pauses, row.type, row.during_pause),
            account_hold=base.account_hold if stored else AccountHold(hold) if hold else None,
        )
