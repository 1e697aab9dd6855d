"""An account, a list of people and posts that are due, in a ledger in memory; time stands until a test moves it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, insert, select, update

from humaspost.ledger import accounts, database
from humaspost.ledger.deliveries import claims, gate_facts
from humaspost.ledger.deliveries.gate import Gate, GateRequest, GateResult
from humaspost.ledger.posts import post_stops, sync_plan
from humaspost.ledger.queries import totals
from humaspost.ledger.schema import account, audience, audience_member, consent, delivery, meta, recipient
from humaspost.model.account import Account
from humaspost.model.decision import CheckFile, Decide, assume_present
from humaspost.model.delivery import State
from humaspost.model.plan import NotPlanned, Plan, PlanRow
from humaspost.model.post import PublishTime
from humaspost.model.rendition import Fallback, Part, Rendition
from humaspost.model.rules import Limit, Quota, Rate, Rules, Source, TextRules
from humaspost.policy import lateness
from humaspost.policy.decide import decide
from humaspost.policy.eligibility import check_recipient

NOW = datetime(2027, 2, 3, 1, 30, tzinfo=UTC)
SOURCE = Source("https://square.example/rules", NOW.date())
ACCOUNT = Account("square", "square", {}, "@square")
#: A second account, of another channel, for posts that name two.
OTHER = Account("circle", "circle", {}, "@circle")
OWNER = "me"


class Office:
    """A ledger of one account, in memory if none is given; ``plan`` enters a post, ``claim`` takes what is due, ``gate`` asks for its intents."""

    def __init__(self, ledger: database.Ledger | None = None, *, owner: str = OWNER) -> None:
        self.ledger = ledger or database.create_empty()
        self.owner = owner
        self.now = NOW
        self.rows: list[PlanRow] = []
        self.held: list[NotPlanned] = []
        self.rates: tuple[Rate, ...] = ()
        self.quotas: tuple[Quota, ...] = ()
        self.decide: Decide = decide
        #: The rule for whole posts.
        self.decide_post: Decide = decide
        self.check_file: CheckFile = assume_present
        if ledger is None:
            born = (NOW - timedelta(days=1)).isoformat()
            self.ledger.write(lambda conn: conn.execute(insert(meta).values(key="created_at", value=born)))
        self.account = self.ledger.write(lambda conn: accounts.ensure_account(conn, ACCOUNT))

    def plan(self, post: str, *texts: str, people: bool = False, **more: Any) -> sync_plan.SyncResult:
        """Enter the post, or its new text, into the ledger; it was due a second ago."""
        due = self.now - timedelta(seconds=1)
        fallback = Fallback("pengumuman", "id", ("a",)) if people else None
        parts = tuple(Part(n, text, fallback=fallback) for n, text in enumerate(texts or (post,), 1))
        values = {"due": PublishTime(due.strftime("%Y-%m-%dT%H:%M"), "UTC", due)} | more
        values |= {"audiences": ("warga",)} if people else {}
        row = PlanRow(
            post,
            f"posts/{post}.md",
            post,
            "siaran-pers",
            ACCOUNT,
            rendition=Rendition("square", parts),
            **values,
        )
        before = next((row for row in self.rows if row.post == post), None)
        if before is not None and "due" not in more:
            row = replace(row, due=before.due)
        self.rows = [row for row in self.rows if row.post != post] + [row]
        return self.sync()

    def sync(self, *, stamps: Mapping[str, str] | None = None, **how: Any) -> sync_plan.SyncResult:
        """Enter all posts of ``rows``, and those that are held, into the ledger."""
        plan = Plan(tuple(self.rows), tuple(self.held), stamps or {})
        return self.ledger.write(
            lambda conn: sync_plan.sync(conn, plan, verdict=lateness.verdict, now=self.now, **how)
        )

    def enlist(self, ids: Iterable[str]) -> None:
        """Put people with these ids, who agreed, on the list."""
        self.ledger.write(
            lambda conn: conn.execute(
                insert(audience).values(name="warga", file="f", digest="d", imported_at=NOW)
            )
        )
        self.enroll(ids)

    def enroll(self, ids: Iterable[str]) -> None:
        """Put more people with these ids, who agreed, on the list."""
        names = list(ids)
        people = [{"id": id_, "phone": f"+{id_}", "created_at": NOW} for id_ in names]
        agreed = {"purpose": "p", "basis": "consent", "source": "s", "consented_at": "2026-01-01"}

        def work(conn: Any) -> None:
            conn.execute(insert(recipient), people)
            conn.execute(insert(consent), [{"recipient": id_, "recorded_at": NOW, **agreed} for id_ in names])
            conn.execute(insert(audience_member), [{"audience": "warga", "recipient": id_} for id_ in names])

        self.ledger.write(work)

    def claim(self, limit: int = 100) -> list[Row[Any]]:
        """Expand what is due and claim it."""

        def work(conn: Any) -> list[Row[Any]]:
            post_stops.settle_due(conn, self.account, decide=self.decide_post, until=self.now, now=self.now)
            claims.expand_due(
                conn, self.account, check_recipient=check_recipient, until=self.now, now=self.now
            )
            return claims.claim_due(
                conn, self.account, owner=self.owner, until=self.now, now=self.now, limit=limit
            )

        return self.ledger.write(work)

    def ticket(self, row: Row[Any], ready: Any = None) -> GateRequest:
        """Return the ticket of a claimed delivery, as it was prepared when it was claimed."""
        with self.ledger.read() as conn:
            part = gate_facts.load_part(conn, row.rendition, row.part)
            return GateRequest(row.key, part.hash if part is not None else "", ready)

    def gate(self, tickets: Sequence[GateRequest]) -> list[GateResult]:
        """Ask the gate for the intents of these tickets, in one transaction."""
        rules = Rules(
            is_public=True,
            text=TextRules(Limit(280, "characters", SOURCE), len),
            media={},
            max_media=4,
            alt=Limit(1000, "characters", SOURCE),
            max_parts=9,
            is_per_recipient=True,
            rates=self.rates,
            quotas=self.quotas,
        )

        def work(conn: Any) -> list[GateResult]:
            gate = Gate(
                conn,
                self.account,
                self.owner,
                rules,
                self.decide,
                self.now,
                timedelta(days=30),
                self.check_file,
            )
            return gate.decide_all(tickets)

        return self.ledger.write(work)

    def send(self, limit: int = 100) -> list[GateResult]:
        """Claim what is due and ask the gate for it."""
        rows = self.claim(limit)
        return self.gate([self.ticket(row) for row in rows])

    def states(self) -> dict[str, str]:
        """Return the state and reason of each delivery, by post, part and recipient."""
        with self.ledger.read() as conn:
            rows = conn.execute(select(delivery).order_by(delivery.c.post, delivery.c.part)).all()
        return {
            f"{row.post}/{row.part}{f'/{row.recipient}' if row.recipient else ''}": f"{row.state} {row.reason}".strip()
            for row in rows
        }

    def hold_account(self, **values: Any) -> None:
        """Change the account's own row."""
        mine = account.c.id == self.account
        self.ledger.write(lambda conn: conn.execute(update(account).where(mine).values(values)))

    def account_row(self) -> Row[Any]:
        """Return the account's row."""
        with self.ledger.read() as conn:
            return conn.execute(select(account).where(account.c.id == self.account)).one()

    def key(self, post: str, part: int = 1) -> str:
        """Return the key of a delivery without a recipient."""
        mine = (delivery.c.post == post) & (delivery.c.part == part)
        with self.ledger.read() as conn:
            return str(conn.scalar(select(delivery.c.key).where(mine)))

    def put(self, key: str, state: State, **values: Any) -> None:
        """Set a delivery to this state."""
        mine = delivery.c.key == key
        self.ledger.write(
            lambda conn: conn.execute(update(delivery).where(mine).values(state=state, **values))
        )


def count_by_state(conn: Any, *, post_id: str | None = None) -> Counter[str]:
    """Return the number of deliveries by state, with recipients that have no rows yet."""
    entries = totals.list_by_post(conn, post_id=post_id)
    return sum((entry.counts for entry in entries), Counter())
