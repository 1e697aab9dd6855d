"""Random lives of a ledger: its public verbs in random order, and every change of state that they make."""

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, text

from humaspost.ledger import accounts
from humaspost.ledger.deliveries import (
    claims,
    outcomes,
    publish_now,
    receipts,
    restore_gap,
    states,
    unknown_outcomes,
)
from humaspost.ledger.erasure import erase_person
from humaspost.ledger.holds import account_holds, pauses
from humaspost.ledger.people import recipients
from humaspost.ledger.posts import decisions
from humaspost.ledger.schema import delivery, plan_row
from humaspost.ledger.webhooks import message_events
from humaspost.model.channel_event import MessageStatus
from humaspost.model.decision import Allow, Decision, Deny, GateFacts
from humaspost.model.delivery import Proof, Receipt, Stage, State
from humaspost.model.plan import NotPlanned
from humaspost.model.post import Late, PublishTime
from humaspost.policy import lateness
from tests.support.ledger_office import ACCOUNT, NOW, OTHER, OWNER, Office

PEOPLE = ("a", "b", "c", "d", "e")
#: Most of the others do something only to what was claimed, or is being sent.
FREQUENT = {
    "claim": 4,
    "gate": 3,
    "plan_post": 3,
    "release_account": 2,
    "publish_now": 3,
    "undo_publish_now": 6,
    "receive_failure": 3,
    "change_thread": 8,
    "restore": 2,
    "reschedule": 4,
}
#: A verb of the ledger, and a change of state that it made; the first state of a new delivery comes from "".
Change = tuple[str, str, str]
_CONSENT = """
INSERT OR IGNORE INTO consent (recipient, purpose, basis, source, consented_at, recorded_at, withdrawn_by)
    VALUES ('b', 'p', 'consent', 's', '2026-01-01', '2027-01-01T00:00:00.000000Z', '')
"""
_REMOVAL = "DELETE FROM audience_member WHERE audience = :name AND recipient = :person"
_RECORD = """
CREATE TABLE observed (old TEXT, new TEXT);
CREATE TRIGGER observe_insert AFTER INSERT ON delivery
    BEGIN INSERT INTO observed VALUES ('', NEW.state); END;
CREATE TRIGGER observe_update AFTER UPDATE OF state ON delivery WHEN OLD.state <> NEW.state
    BEGIN INSERT INTO observed VALUES (OLD.state, NEW.state); END
"""


class Life:
    """One ledger; ``run`` does random verbs and returns the changes of state that SQLite recorded."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.office = Office()
        self.office.decide = self._decide
        self.office.decide_post = self._decide_post
        # The keys of deliveries depend on it, and so their order: a seed is to give the same life every time.
        self.write(lambda conn: accounts.ensure_account(conn, OTHER))
        self.write(lambda conn: conn.execute(text("UPDATE account SET id = name")))
        self.office.account = "square"
        self.requests: list[publish_now.PublishRequest] = []
        self.claimed: list[Row[Any]] = []
        self.serial = 0
        self.office.enlist(PEOPLE)
        self.write(lambda conn: recipients.record_opt_outs(conn, [("a", NOW)]))
        self.write(lambda conn: conn.execute(text("DELETE FROM consent WHERE recipient = 'b'")))
        for statement in re.split(r";\n(?=CREATE)", _RECORD):
            self.write(lambda conn, statement=statement: conn.execute(text(statement)))

    def run(self, steps: int) -> list[Change]:
        """Return every change that ``steps`` random verbs made."""
        changes: list[Change] = []
        weights = [FREQUENT.get(verb, 1) for verb in VERBS]
        for verb in self.random.choices(list(VERBS), weights, k=steps):
            VERBS[verb](self)
            observed = self.write(
                lambda conn: conn.execute(text("DELETE FROM observed RETURNING old, new")).all()
            )
            changes += [(verb, row.old, row.new) for row in observed]
        return changes

    def write(self, operation: Callable[[Connection], Any]) -> Any:
        """Run the operation in one transaction."""
        return self.office.ledger.write(operation)

    def pick(
        self, *of_states: State, of_begun_thread: bool = False, to_person: bool = False
    ) -> Row[Any] | None:
        """Return a random delivery in one of these states (none = any), or None."""
        query = select(delivery).order_by(delivery.c.key)
        if of_begun_thread:
            pair = (plan_row.c.post == delivery.c.post) & (plan_row.c.account == delivery.c.account)
            query = query.join(plan_row, pair).where(
                delivery.c.part > 1, plan_row.c.first_write_at.isnot(None)
            )
        if to_person:
            query = query.where(delivery.c.recipient != "")
        if of_states:
            query = query.where(delivery.c.state.in_(of_states))
        rows = self.write(lambda conn: conn.execute(query).all())
        return self.random.choice(rows) if rows else None

    def flip(self, chance: float = 0.5) -> bool:
        """Return True as often as ``chance`` says."""
        return self.random.random() < chance

    def _decide(self, facts: GateFacts) -> Decision:
        if self.flip(0.7):
            return Allow()
        # A thread that has begun is late as often as all else together.
        is_late = facts.first_write_at is not None and self.flip()
        return Deny(State.MISSED if is_late else self.random.choice(list(states.DENIALS)), "pause")

    def _decide_post(self, _facts: GateFacts) -> Decision:
        return Allow() if self.flip(0.75) else Deny(self.random.choice(list(states.SETTLEMENTS)), "pause")

    # -- files -------------------------------------------------------------------------------------

    def plan_post(self) -> None:
        """Plan a new post: of one part, a thread, or to the people; in time, late or before the ledger."""
        self.serial += 1
        name = f"p{self.serial}"
        texts = [f"{name} {n}" for n in range(self.random.choice((1, 3)))]
        hours = self.random.choice((0, 0, 0, 0, -30, -3, 1))
        times: dict[str, Any] = {"due": _publish_time(self.office.now + timedelta(hours=hours))}
        if hours == -30 and self.flip():
            times |= {"late": Late.SKIP}
        if hours == -3:
            times |= {"late": Late.PUBLISH}
        self.office.plan(name, *texts, people=self.flip(0.3), **times)

    def edit_post(self) -> None:
        """Give a planned post another text, another date, or both."""
        if not self.office.rows:
            return
        index = self.random.randrange(len(self.office.rows))
        row = self.office.rows[index]
        if self.flip():
            self.serial += 1
            parts = tuple(replace(part, text=f"{part.text} {self.serial}") for part in row.rendition.parts)
            row = replace(row, rendition=replace(row.rendition, parts=parts))
        if self.flip():
            row = replace(row, due=_publish_time(self.office.now - timedelta(seconds=self.serial)))
        self.office.rows[index] = row
        self.office.sync()

    def change_thread(self) -> None:
        """Give a thread that has begun fewer parts or more, perhaps after the refusal of one of them."""
        stopped = self.pick(State.MISSED, State.FAILED, of_begun_thread=True)
        stopped = stopped or self.pick(State.CANCELLED, State.SCHEDULED, of_begun_thread=True)
        indexes = [n for n, row in enumerate(self.office.rows) if stopped and row.post == stopped.post]
        if stopped is None or not indexes:
            return
        if stopped.state == State.SCHEDULED and self.flip():
            self._refuse(stopped)
        row = self.office.rows[indexes[0]]
        self.serial += 1
        is_longer = stopped.state == State.CANCELLED or self.flip(0.2)
        count = 4 if is_longer else stopped.part - 1
        first = row.rendition.parts[0]
        parts = tuple(
            replace(first, number=n, text=f"{row.post} {n} {self.serial}") for n in range(1, count + 1)
        )
        self.office.rows[indexes[0]] = replace(row, rendition=replace(row.rendition, parts=parts))
        self.office.sync()

    def _refuse(self, row: Row[Any]) -> None:
        """Claim a delivery, and record that it cannot be prepared, or that it is too late."""
        now, missed = self.office.now, states.DENIALS[State.MISSED]
        is_late = self.flip()

        def work(conn: Connection) -> None:
            claims.claim_due(conn, row.account, owner=OWNER, until=now, now=now, limit=9, only_post=row.post)
            if is_late:
                states.move(conn, missed, delivery.c.key == row.key, now=now, reason="late", owner=None)
            else:
                outcomes.mark_unpreparable(conn, row.key, code="x", detail="", now=now, whole_post=False)

        self.write(work)

    def change_accounts(self) -> None:
        """Have a file name the other account, or this one again; some change their mind at once."""
        if not self.office.rows:
            return
        index = self.random.randrange(len(self.office.rows))
        if self.flip():
            old = self._refuse_old_post()
            index = index if old is None else old
        row = self.office.rows[index]
        other = OTHER if row.account == ACCOUNT else ACCOUNT
        self.office.rows[index] = replace(row, account=other)
        self.office.sync()
        if self.flip():
            self.office.rows[index] = row
            self.office.sync()

    def _refuse_old_post(self) -> int | None:
        """Have a post that may be late missed or refused; return the place of its row, or None."""
        old = {row.post: n for n, row in enumerate(self.office.rows) if row.late is Late.PUBLISH}
        query = select(delivery).where(delivery.c.state == State.SCHEDULED, delivery.c.post.in_(old))
        waiting = self.write(lambda conn: conn.execute(query.order_by(delivery.c.key)).first())
        if waiting is None:
            return None
        self._refuse(waiting)
        return old[waiting.post]

    def change_list(self) -> None:
        """Take a person off the list or back on it, or record the consent of one who had given none."""
        self.serial += 1
        person = {"name": "warga", "person": self.random.choice(PEOPLE)}
        if self.flip(0.3):
            if not self.write(lambda conn: conn.execute(text(_CONSENT)).rowcount):
                self.write(lambda conn: conn.execute(text("DELETE FROM consent WHERE recipient = 'b'")))
        elif not self.write(lambda conn: conn.execute(text(_REMOVAL), person).rowcount):
            self.write(lambda conn: recipients.add_members(conn, "warga", [person["person"]]))
        digest = str(self.serial)
        self.write(
            lambda conn: recipients.record_import(conn, "warga", file="f", digest=digest, now=self.office.now)
        )
        self.office.sync()

    def hold_file(self) -> None:
        """Make a file a draft, or free one."""
        if self.office.held:
            self.office.held.clear()
        elif self.office.rows:
            row = self.random.choice(self.office.rows)
            self.office.held.append(NotPlanned(row.post, row.file, row.title, "draft"))
        held = {item.post for item in self.office.held}
        planned = [row for row in self.office.rows if row.post not in held]
        rows, self.office.rows = self.office.rows, planned
        self.office.sync()
        self.office.rows = rows

    # -- sending -----------------------------------------------------------------------------------

    def claim(self) -> None:
        """Expand and claim what is due."""
        self.claimed += self.office.claim(limit=6)

    def gate(self) -> None:
        """Ask the gate for what is claimed; some of it failed to be prepared."""
        rows = [row for row in self.claimed if self.flip(0.5)]
        self.claimed = [row for row in self.claimed if row not in rows]
        tickets = [self.office.ticket(row) for row in rows]
        later = self.office.now + timedelta(seconds=30)
        self.office.gate([replace(t, retry_at=later) if self.flip(0.2) else t for t in tickets])

    def release_claims(self) -> None:
        """Give back a claim."""
        row = self.pick(State.PREPARING)
        if row is not None:
            self.write(
                lambda conn: claims.release_claims(
                    conn, [row.key], owner=OWNER, not_before=None, now=self.office.now
                )
            )

    def succeed(self) -> None:
        """Record a receipt for a write, at once or by a lookup."""
        row = self.pick(State.SENDING, State.UNKNOWN)
        if row is not None:
            self.serial += 1
            receipt = receipts.PublishedReceipt(
                row.key, row.attempts, Receipt(str(self.serial), self.office.now)
            )
            found = row.state == State.UNKNOWN
            self.write(
                lambda conn: receipts.mark_published(conn, [receipt], now=self.office.now, by_lookup=found)
            )

    def reschedule(self) -> None:
        """Record a refusal that may pass, of a write, its post or its account."""
        row = self.pick(State.SENDING)
        if row is not None:
            reason = self.random.choice((None, None, "login", "quota"))
            self.write(
                lambda conn: outcomes.reschedule(
                    conn,
                    row.key,
                    row.attempts,
                    at=self.office.now,
                    now=self.office.now,
                    hold_reason=reason,
                    whole_post=self.flip(),
                )
            )

    def fail(self) -> None:
        """Record a refusal for good of a write, for all recipients or one."""
        row = self.pick(State.SENDING, of_begun_thread=True) or self.pick(State.SENDING)
        if row is not None:
            self.write(
                lambda conn: outcomes.mark_failed(
                    conn,
                    row.key,
                    row.attempts,
                    code="x",
                    detail="",
                    now=self.office.now,
                    whole_post=self.flip(),
                )
            )

    def fail_unprepared(self) -> None:
        """Record that a claimed delivery cannot be prepared, for all recipients or one."""
        row = self.pick(State.PREPARING, of_begun_thread=True) or self.pick(State.PREPARING)
        if row is not None:
            self.write(
                lambda conn: outcomes.mark_unpreparable(
                    conn, row.key, code="x", detail="", now=self.office.now, whole_post=self.flip()
                )
            )

    def lose_answer(self) -> None:
        """Record a write whose outcome is unknown."""
        row = self.pick(State.SENDING)
        if row is not None:
            self.write(
                lambda conn: outcomes.mark_unknown(
                    conn,
                    row.key,
                    row.attempts,
                    code="reset",
                    detail="",
                    now=self.office.now,
                    first_check_delay=5.0 if self.flip() else None,
                )
            )

    def check_unknown(self) -> None:
        """Record a lookup that found nothing."""
        row = self.pick(State.UNKNOWN)
        if row is not None:
            proof = self.random.choice(list(Proof))
            self.write(
                lambda conn: outcomes.record_check(
                    conn, row.key, proof=proof, next_at=None, now=self.office.now, retry=self.flip(0.2)
                )
            )

    def take_over(self) -> None:
        """Take over from a sender that died."""
        self.write(
            lambda conn: claims.recover_orphans(
                conn, in_flight=(), now=self.office.now, first_check_delay=lambda _account: 5.0
            )
        )

    # -- holds -------------------------------------------------------------------------------------

    def hold_account(self) -> None:
        """Hold the account, or hold what came due since."""
        if not self.write(
            lambda conn: account_holds.hold_due(conn, self.office.account, now=self.office.now)
        ):
            self.write(
                lambda conn: account_holds.hold_account(
                    conn, self.office.account, "login", now=self.office.now
                )
            )

    def release_account(self) -> None:
        """Release the account."""
        self.write(lambda conn: account_holds.release_account(conn, self.office.account, now=self.office.now))

    def pause(self) -> None:
        """Start a pause, or end all."""
        if self.flip():
            self.write(lambda conn: pauses.start_pause(conn, "r", except_types=(), now=self.office.now))
        else:
            self.write(lambda conn: pauses.end_pauses(conn, now=self.office.now))

    # -- people ------------------------------------------------------------------------------------

    def publish_now(self) -> None:
        """Publish a post now, after one who was refused may have consented."""
        if self.flip(0.4):
            self.write(lambda conn: conn.execute(text(_CONSENT)))
        row = (
            self.pick(State.MISSED, State.FAILED, State.PREPARING, State.HELD, State.REFUSED)
            if self.flip(0.6)
            else self.pick()
        )
        if row is not None:
            self.requests.append(
                self.write(
                    lambda conn: publish_now.request(
                        conn, row.post, account=None, verdict=lateness.verdict, now=self.office.now
                    )
                )
            )

    def undo_publish_now(self) -> None:
        """Interrupt the `publish` that was asked for last."""
        if self.requests:
            request = self.requests.pop()
            self.random.choice((self.claim, self.hold_account, self.release_account, self.wait, self.wait))()
            self.write(
                lambda conn: publish_now.cancel_request(
                    conn, request, verdict=lateness.verdict, now=self.office.now
                )
            )

    def confirm_published(self) -> None:
        """Confirm that an unknown delivery is live."""
        row = self.pick(State.UNKNOWN)
        if row is not None:
            self.write(
                lambda conn: unknown_outcomes.confirm_published(
                    conn, {row.key: (None, None)}, now=self.office.now
                )
            )

    def retry(self) -> None:
        """Have a delivery sent again."""
        row = self.pick(State.UNKNOWN, State.FAILED)
        if row is not None:
            self.write(lambda conn: unknown_outcomes.retry(conn, [row.key], now=self.office.now))

    def cancel(self) -> None:
        """Cancel a delivery."""
        row = self.pick(*states.CANCEL.sources)
        if row is not None:
            self.write(lambda conn: unknown_outcomes.cancel(conn, [row.key], now=self.office.now))

    def cancel_post(self) -> None:
        """Cancel a whole post, sometimes with its unknown outcomes."""
        row = self.pick()
        if row is not None:
            self.write(
                lambda conn: decisions.cancel(
                    conn, row.post, account=None, now=self.office.now, include_unknown=self.flip(0.3)
                )
            )

    def forget_person(self) -> None:
        """Forget a person; another one comes under the same id, or lives would end alone."""
        row = self.pick(*states.FORGET.sources, to_person=True)
        if row is None:
            return
        phone = f"+{row.recipient}"
        self.write(lambda conn: erase_person(conn, phone, key=b"key", now=self.office.now))
        self.office.enroll([row.recipient])
        if row.recipient == "b":
            self.write(lambda conn: conn.execute(text("DELETE FROM consent WHERE recipient = 'b'")))

    # -- news --------------------------------------------------------------------------------------

    def receive_success(self) -> None:
        """Receive the webhook of a message that is live."""
        self._receive(State.PUBLISHED, *states.REOPEN.sources, stage=self.random.choice(list(Stage)))

    def receive_failure(self) -> None:
        """Receive the webhook of a message that failed, for good, for now, or with its account."""
        kind = self.random.choice(("for good", "for now", "account"))
        self._receive(
            *states.WEBHOOK_FAILURES[State.FAILED].sources,
            failure_code="131000",
            retry_after=60.0 if kind == "for now" else None,
            max_retries=3,
            restricts_account=kind == "account",
        )

    def _receive(self, *of_states: State, **values: Any) -> None:
        # Only a message to a person has webhooks, and no thread goes to people.
        failed = "failure_code" in values
        row = self.pick(*of_states if self.flip(0.8) else (), to_person=failed)
        if row is None:
            return
        self.serial += 1
        event = MessageStatus(
            dedupe_key=str(self.serial),
            at=self.office.now,
            key=f"hp1:{row.key}:{row.attempts}",
            remote_id=row.remote_id or f"wamid.{self.serial}",
            **values,
        )
        self.write(
            lambda conn: message_events.receive_events(
                conn, self.office.account, [event], is_opt_out=lambda _words: False, now=self.office.now
            )
        )

    def restore(self) -> None:
        """Restore a ledger that does not know what became of one delivery."""
        row = self.pick()
        if row is not None:
            gap = restore_gap.RestoreGap(self.office.now - timedelta(hours=1), self.office.now)
            self.write(
                lambda conn: restore_gap.mark_unknown(
                    conn, gap, delivery.c.key == row.key, now=self.office.now
                )
            )

    def wait(self) -> None:
        """Let a minute pass."""
        self.office.now += timedelta(minutes=1)


def _publish_time(at: Any) -> PublishTime:
    return PublishTime(at.strftime("%Y-%m-%dT%H:%M"), "UTC", at.astimezone(UTC))


VERBS: dict[str, Callable[[Life], None]] = {
    name: verb
    for name, verb in vars(Life).items()
    if name[0] != "_" and name not in ("run", "write", "pick", "flip")
}
