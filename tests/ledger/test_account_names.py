"""A renamed account keeps its history, and an account without one is no obstacle."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from humaspost.ledger import account_names, accounts
from humaspost.ledger.account_names import NameTaken
from humaspost.ledger.accounts import AccountRenamed
from humaspost.ledger.database import Ledger, open_ledger
from humaspost.ledger.schema import delivery, marketing_preference, plan_row, recipient
from humaspost.model.account import Account, Identity
from humaspost.model.delivery import State
from tests.support.ledger_office import NOW, Office

OLD, NEW = Account("x", "square", {}, "@kota"), Account("kota", "square", {}, "@kota")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = open_ledger(tmp_path, now=datetime(2026, 11, 23, tzinfo=UTC), create=True)
    yield opened
    opened.close()


def add(ledger: Ledger, account: Account, *, bound: str | None = None) -> str:
    id_ = ledger.write(lambda conn: accounts.ensure_account(conn, account))
    if bound is not None:
        identity = Identity(bound, account.display_name)
        ledger.write(lambda conn: accounts.bind_account(conn, id_, identity, now=NOW, configured=frozenset()))
    return id_


def names(ledger: Ledger) -> dict[str, str]:
    with ledger.read() as conn:
        return {row.name: row.id for row in accounts.list_accounts(conn)}


def rename(ledger: Ledger) -> bool:
    return ledger.write(lambda conn: account_names.rename_account(conn, "x", "kota"))


def test_it_keeps_its_id(ledger: Ledger) -> None:
    assert not rename(ledger)
    old = add(ledger, OLD, bound="1")
    assert rename(ledger)
    assert names(ledger) == {"kota": old}


def test_an_empty_account_under_the_new_name_is_dropped(ledger: Ledger) -> None:
    add(ledger, NEW)
    old = add(ledger, OLD, bound="1")
    assert rename(ledger)
    assert names(ledger) == {"kota": old}


def test_an_empty_account_under_the_old_name_is_dropped(ledger: Ledger) -> None:
    add(ledger, OLD)
    new = add(ledger, NEW, bound="1")
    assert rename(ledger)
    assert names(ledger) == {"kota": new}


def test_two_histories_are_never_made_one(ledger: Ledger) -> None:
    before = {
        "x": add(ledger, Account("x", "square", {}, "@lama"), bound="1"),
        "kota": add(ledger, NEW, bound="2"),
    }
    with pytest.raises(NameTaken):
        rename(ledger)
    assert names(ledger) == before


def test_what_a_person_told_an_account_is_a_history(ledger: Ledger) -> None:
    new = add(ledger, NEW)
    add(ledger, OLD, bound="1")

    def refuse_marketing(conn) -> None:
        conn.execute(insert(recipient).values(id="p", phone="+62812", created_at=NOW))
        conn.execute(
            insert(marketing_preference).values(account=new, recipient="p", marketing=False, stated_at=NOW)
        )

    ledger.write(refuse_marketing)
    with pytest.raises(NameTaken):
        rename(ledger)


def test_what_a_person_decided_on_the_dropped_account_counts_for_the_other() -> None:
    office = Office()
    office.plan("a")
    ledger, empty = office.ledger, office.account
    kept = add(ledger, Account("lama", "square", {}, "@lama"), bound="1")
    with ledger.read() as conn:
        planned = dict(conn.execute(select(plan_row)).mappings().one())

    def work(conn) -> None:
        conn.execute(update(plan_row).values(decision="cancel", decided_at=NOW))
        conn.execute(insert(plan_row).values({**planned, "account": kept}))

    ledger.write(work)
    office.plan("b")
    ledger.write(
        lambda conn: conn.execute(update(plan_row).where(plan_row.c.post == "b").values(decision="cancel"))
    )
    assert ledger.write(lambda conn: account_names.rename_account(conn, "lama", "square"))
    with ledger.read() as conn:
        rows = conn.execute(select(plan_row.c.post, plan_row.c.account, plan_row.c.decision)).all()
        assert conn.execute(select(delivery.c.key).where(delivery.c.account == empty)).all() == []
    assert sorted(rows) == [("a", kept, "cancel"), ("b", kept, "cancel")]


def test_an_account_that_wrote_something_has_a_history() -> None:
    office = Office()
    office.plan("a")
    key = office.key("a")
    ask = lambda: office.ledger.write(lambda conn: account_names.has_history(conn, office.account))  # noqa: E731
    assert not ask()
    office.put(key, State.UNKNOWN)
    assert ask()


@pytest.mark.parametrize("platform_id", ["1", None])
def test_an_account_that_is_only_renamed_is_not_added_again(ledger: Ledger, platform_id: str | None) -> None:
    old = add(ledger, OLD, bound="1")
    with pytest.raises(AccountRenamed, match="humaspost account rename x kota"):
        ledger.write(lambda conn: accounts.ensure_account(conn, NEW, platform_id=platform_id))
    assert names(ledger) == {"x": old}


def test_an_account_of_another_id_or_name_is_added(ledger: Ledger) -> None:
    add(ledger, OLD, bound="1")
    ledger.write(lambda conn: accounts.ensure_account(conn, NEW, platform_id="2"))
    add(ledger, Account("lain", "square", {}, "@lain"))
    add(ledger, Account("kota_wa", "circle", {}, "@kota"))
    assert set(names(ledger)) == {"x", "kota", "lain", "kota_wa"}


def test_the_platform_tells_that_it_is_the_same_account(ledger: Ledger) -> None:
    add(ledger, Account("x", "square", {}, "@lama"), bound="1")
    with pytest.raises(AccountRenamed):
        add(ledger, NEW, bound="1")
