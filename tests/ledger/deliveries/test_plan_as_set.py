"""After any edits of files and lists, what goes out is what the newest plan has, and nothing twice."""

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from humaspost.ledger import accounts
from humaspost.ledger.deliveries import thread_parts
from humaspost.ledger.people import recipients
from humaspost.ledger.schema import audience, audience_member, consent, delivery, plan_row, recipient
from humaspost.model.account import Account
from humaspost.model.delivery import State
from humaspost.model.document import Paragraph, Text, to_plain_text
from humaspost.model.plan import Plan, PostPolicy
from humaspost.model.post import Post, PublishTime
from humaspost.model.rendition import Fallback, Part, Rendition
from humaspost.planning.plan import PlanningContext, build_plan
from tests.support.fake_channel import FakeChannel
from tests.support.ledger_office import NOW, Office
from tests.support.sizes import size

PEOPLE = ("p", "q", "r")
LISTS = ("a", "b")


class PartsChannel(FakeChannel):
    """Makes one part of each paragraph, or one message with a template for people."""

    def render(self, post: Post, config: Any, rules: Any, *, account: str) -> Rendition:
        texts = to_plain_text(post.body).split("\n\n")
        if self.audience:
            return Rendition(account, (Part(1, texts[0], fallback=Fallback("kabar", "id")),))
        return Rendition(account, tuple(Part(n, text) for n, text in enumerate(texts, 1)))

    def check(self, *_args: Any, **_more: Any) -> list[Any]:
        return []


ACCOUNTS = (Account("square", "square", {}), Account("people", "people", {}))
CONTEXT = PlanningContext(
    ACCOUNTS,
    {"square": PartsChannel(), "people": PartsChannel(audience=True)},
    lambda _post: PostPolicy(),
    {},
)
STEPS = 14


def random_file(source: random.Random) -> tuple[Any, ...]:
    """Return the accounts, number of paragraphs, hours until it is due, lists of a file, and whether it is a draft."""
    channels = source.choice((["square"], ["people"], ["square", "people"]))
    lists = source.choice((["a"], ["b"], ["a", "b"]))
    return channels, source.randint(1, 4), source.choice((-0.5, -0.5, 2, -3)), lists, source.random() < 0.2


class EditedOffice:
    """An office whose files and lists change; ``sent`` is what went out, by post, account, part and person."""

    def __init__(self) -> None:
        self.office = Office()
        self.files: dict[str, Post] = {}
        self.members: dict[str, set[str]] = {name: set() for name in LISTS}
        self.sent: dict[tuple[str, str, int, str], str] = {}
        self.serial = 0
        agreed = {"purpose": "p", "basis": "consent", "source": "s", "consented_at": "2026-01-01"}

        def enter(conn: Any) -> None:
            for person in PEOPLE:
                known = {"id": person, "phone": f"+{person}", "created_at": NOW}
                conn.execute(insert(recipient).values(known))
                conn.execute(insert(consent).values(recipient=person, recorded_at=NOW, **agreed))
            for name in LISTS:
                conn.execute(insert(audience).values(name=name, file="f", digest="", imported_at=NOW))

        self.office.ledger.write(enter)
        self.ids = {
            account.name: self.office.ledger.write(
                lambda conn, account=account: accounts.ensure_account(conn, account)
            )
            for account in ACCOUNTS
        }

    def plan(self) -> Plan:
        """Return the plan of the files as they are."""
        return build_plan(list(self.files.values()), (), CONTEXT)[0]

    def sync(self) -> None:
        """Enter the plan into the ledger."""
        plan = self.plan()
        self.office.rows, self.office.held = list(plan.rows), list(plan.held)
        self.office.sync()

    def write_file(self, name: str, content: tuple[Any, ...]) -> None:
        """Save a file with a new text."""
        channels, count, hours, lists, draft = content
        self.serial += 1
        body = tuple(Paragraph((Text(f"{name} {n} of {self.serial}"),)) for n in range(1, count + 1))
        due = PublishTime("2027-02-03T08:30", "Asia/Jakarta", NOW + timedelta(hours=hours))
        self.files[name] = Post(
            name,
            f"posts/{name}.md",
            name,
            body,
            due,
            channels=tuple(channels),
            audiences=tuple(lists),
            draft=draft,
        )
        self.sync()

    def write_list(self, name: str, people: set[str]) -> None:
        """Import a list."""
        self.members[name] = people
        self.serial += 1
        of_list = audience_member.c.audience == name
        digest = str(self.serial)

        def work(conn: Any) -> None:
            conn.execute(delete(audience_member).where(of_list))
            recipients.add_members(conn, name, people)
            recipients.record_import(conn, name, file="f", digest=digest, now=NOW)

        self.office.ledger.write(work)
        self.sync()

    def expected(self) -> dict[tuple[str, str, int, str], str]:
        """Return what goes out now by the plan: what is in time, and was not sent yet."""
        begun = self.begun()
        wanted = {}
        for row in self.plan().rows:
            frozen = begun.get((row.post, row.account.name))
            is_due = row.due.utc <= NOW
            if not is_due or (row.due.utc < NOW - row.grace and frozen is None):
                continue
            if row.audiences:
                listed = set().union(*(self.members[name] for name in row.audiences))
                keys = [(row.post, row.account.name, 1, person) for person in listed]
                wanted |= dict.fromkeys(keys, frozen or row.rendition.parts[0].text)
            elif frozen is None:
                wanted |= {
                    (row.post, row.account.name, part.number, ""): part.text for part in row.rendition.parts
                }
        return {key: text for key, text in wanted.items() if key not in self.sent}

    def begun(self) -> Mapping[tuple[str, str], str]:
        """Return the first text of each post that has begun, by post and account."""
        return {key[:2]: text for key, text in self.sent.items()}

    def send(self) -> dict[tuple[str, str, int, str], str]:
        """Send all that passes the gate until nothing does; return it."""
        out: dict[tuple[str, str, int, str], str] = {}
        for name, account_id in self.ids.items():
            self.office.account = account_id
            while intents := [result for result in self.office.send() if hasattr(result, "part")]:
                for intent in intents:
                    key, text = self._publish(name, intent)
                    assert key not in out
                    out[key] = text
        assert not out.keys() & self.sent.keys()
        self.sent |= out
        return out

    def _publish(self, name: str, intent: Any) -> tuple[tuple[str, str, int, str], str]:
        self.office.put(intent.key, State.PUBLISHED, published_at=NOW)
        with self.office.ledger.read() as conn:
            row = conn.execute(select(delivery).where(delivery.c.key == intent.key)).one()
        self.office.ledger.write(
            lambda conn: thread_parts.release_following(conn, row.post, row.account, part=row.part, now=NOW)
        )
        return (row.post, name, row.part, row.recipient), intent.part.text

    def planned(self) -> set[tuple[str, str]]:
        """Return the pairs that the ledger has as planned, of posts that are not held."""
        names = {account_id: name for name, account_id in self.ids.items()}
        with self.office.ledger.read() as conn:
            rows = conn.execute(select(plan_row.c.post, plan_row.c.account).where(plan_row.c.planned)).all()
        held = {item.post for item in self.office.held}
        return {(row.post, names[row.account]) for row in rows if row.post not in held}


@pytest.mark.parametrize("seed", range(size(12, 200)))
def test_what_goes_out_is_what_the_newest_plan_has(seed: int) -> None:
    source = random.Random(seed)
    edited = EditedOffice()
    edited.write_list("a", {"p", "q"})
    for kind in [*source.choices(("file", "list", "send"), (4, 1, 2), k=STEPS), "send"]:
        if kind == "file":
            edited.write_file(source.choice("km"), random_file(source))
        elif kind == "list":
            edited.write_list(source.choice(LISTS), {one for one in PEOPLE if source.random() < 0.5})
        else:
            wanted = edited.expected()
            assert edited.send() == wanted
        assert edited.planned() == {(row.post, row.account.name) for row in edited.plan().rows}
    edited.office.ledger.close()
