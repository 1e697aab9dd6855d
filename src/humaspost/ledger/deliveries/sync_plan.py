"""The plan enters the ledger: new posts, moved dates, mended texts, files that went away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, exists, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from humaspost.base.canonical_json import canonical, digest
from humaspost.ledger import accounts
from humaspost.ledger.database import created_at
from humaspost.ledger.deliveries import restore_gap, thread_parts
from humaspost.ledger.schema import delivery, planned, post, rendition
from humaspost.model.delivery import State, delivery_key
from humaspost.model.plan import NotPlanned, Plan, PlanRow
from humaspost.model.post import Late

#: Fewer files than this may vanish together without it looking like a lost folder.
FEW = 3
SHARE = 0.2
#: States in which nothing was written yet, or a person will write again.
FOLLOWS = (State.FAILED, State.MISSED)
PENDING = (State.SCHEDULED, State.PREPARING, State.HELD, *FOLLOWS)


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What scheduling changed: ids of posts new, moved or mended, held; ``vanished`` stopped it all.

    ``over`` are files with errors whose post has nothing to send any more.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


def schedule(conn: Connection, plan: Plan, *, now: datetime, folder_gone: bool = False) -> Scheduled:
    """The ledger follows the plan; what was frozen stays, what vanished in numbers changes nothing."""
    posts = {row.id: row for row in conn.execute(select(post))}
    by_file = {row.file: row for row in posts.values()}
    plan = replace(plan, held=tuple(_named(item, posts, by_file) for item in plan.held))
    gone = _gone(conn, plan, posts)
    if folder_gone or _suspicious(conn, gone):
        return Scheduled(vanished=tuple(sorted(gone)))
    known = {(row.post, row.account): row for row in conn.execute(select(planned))}
    born = created_at(conn) or now
    new, changed = [], []
    for row in plan.rows:
        _see(conn, posts, row, hold=None, now=now)
        account = accounts.ensure(conn, row.account)
        before = known.get((row.post, account))
        if before is None:
            _insert(conn, row, account, born=born, now=now)
            new.append(row.post)
        elif before.fingerprint != fingerprint(row):
            _update(conn, row, before, born=born, now=now)
            changed.append(row.post)
    for item in plan.held:
        _see(conn, posts, item, hold=item.reason, now=now)
    for post_id in gone:
        _hold_post(conn, post_id, "gone", now=now)
    _doubt(conn, {*new, *changed}, now=now)
    held = tuple(item.post for item in plan.held if item.post in posts) + tuple(gone)
    return Scheduled(tuple(dict.fromkeys(new)), tuple(dict.fromkeys(changed)), held)


def _doubt(conn: Connection, touched: set[str], *, now: datetime) -> None:
    """What a restored ledger hears of only now may have been sent in its gap, late as well as in time."""
    here = restore_gap.of(conn) if touched else None
    if here is None:
        return
    pair = (planned.c.post == delivery.c.post) & (planned.c.account == delivery.c.account)
    before = exists(planned.c.post).where(pair, planned.c.date_at < here.until).correlate(delivery)
    which = before & (delivery.c.due_at <= here.until)
    for post_id in touched:
        restore_gap.doubt(conn, here, which & (delivery.c.post == post_id), now=now)


def _named(item: NotPlanned, posts: Mapping[str, Row[Any]], by_file: Mapping[str, Row[Any]]) -> NotPlanned:
    """What holds a file holds the post that was read from it, though its id cannot be read now."""
    of_file = by_file.get(item.file)
    id_ = item.post or (of_file.id if of_file else "")
    return replace(item, post=id_, title=item.title or (posts[id_].title if id_ in posts else ""))


def _gone(conn: Connection, plan: Plan, posts: Mapping[str, Row[Any]]) -> set[str]:
    """Posts with something pending whose file is not there any more."""
    present = {row.post for row in plan.rows} | {item.post for item in plan.held}
    absent = {id_ for id_ in set(posts) - present if posts[id_].hold != "gone"}
    return absent & _pending(conn) if absent else set()


def _pending(conn: Connection) -> set[str]:
    waiting = select(delivery.c.post).where(delivery.c.state.in_(PENDING)).distinct()
    unexpanded = select(planned.c.post).where(planned.c.expanded.is_(False)).distinct()
    return set(conn.scalars(waiting)) | set(conn.scalars(unexpanded))


def _suspicious(conn: Connection, gone: set[str]) -> bool:
    return are_many(len(gone), of=len(_pending(conn)))


def are_many(gone: int, *, of: int) -> bool:
    """Whether so many vanished posts ``of`` all that are pending are believed to be an accident."""
    return gone >= FEW and gone > SHARE * of


def _see(
    conn: Connection,
    posts: Mapping[str, Row[Any]],
    item: PlanRow | NotPlanned,
    *,
    hold: str | None,
    now: datetime,
) -> None:
    seen = posts.get(item.post)
    if seen is not None and (seen.file, seen.title, seen.hold) == (item.file, item.title, hold):
        return
    if seen is None and hold is not None:
        return  # never scheduled: nothing to hold
    values = {"file": item.file, "title": item.title, "hold": hold, "seen_at": now}
    conn.execute(
        upsert(post).values(id=item.post, **values).on_conflict_do_update(index_elements=["id"], set_=values)
    )
    if hold is not None:
        _hold_post(conn, item.post, hold, now=now)
    elif seen is not None and seen.hold is not None:
        _release_post(conn, item.post, now=now)


def _hold_post(conn: Connection, post_id: str, why: str, *, now: datetime) -> None:
    conn.execute(update(post).where(post.c.id == post_id).values(hold=why))
    conn.execute(
        update(delivery)
        .where(delivery.c.post == post_id, delivery.c.state.in_((State.SCHEDULED, State.PREPARING)))
        .values(state=State.HELD, reason="file", owner=None, updated_at=now)
    )


def _release_post(conn: Connection, post_id: str, *, now: datetime) -> None:
    conn.execute(
        update(delivery)
        .where(delivery.c.post == post_id, delivery.c.state == State.HELD, delivery.c.reason == "file")
        .values(state=State.SCHEDULED, reason="", updated_at=now)
    )


def fingerprint(row: PlanRow) -> str:
    """Changes whenever anything changes that the ledger would do otherwise."""
    moments = [row.due.utc.isoformat(), row.expires.utc.isoformat() if row.expires else None]
    policy = [row.late, row.grace.total_seconds(), row.priority, row.during_pause, row.type]
    return digest([row.rendition.hash, moments, policy, list(row.audiences), row.repeats])


def _columns(row: PlanRow) -> dict[str, Any]:
    return {
        "fingerprint": fingerprint(row),
        "type": row.type,
        "date_at": row.due.utc,
        "wall": row.due.wall,
        "zone": row.due.zone,
        "expires_at": row.expires.utc if row.expires else None,
        "late": row.late,
        "grace": row.grace.total_seconds(),
        "priority": row.priority,
        "during_pause": row.during_pause,
        "audiences": canonical(list(row.audiences)),
        "rendition": row.rendition.hash,
        "replies_to": row.rendition.replies_to,
        "repeats": row.repeats,
    }


def _keep_rendition(conn: Connection, row: PlanRow) -> None:
    body = canonical(row.rendition.to_json())
    conn.execute(upsert(rendition).values(hash=row.rendition.hash, body=body).on_conflict_do_nothing())


def _insert(conn: Connection, row: PlanRow, account: str, *, born: datetime, now: datetime) -> None:
    _keep_rendition(conn, row)
    fan_out = bool(row.audiences)
    conn.execute(
        insert(planned).values(
            post=row.post,
            account=account,
            due_at=row.due.utc,
            fan_out=fan_out,
            expanded=not fan_out,
            **_columns(row),
        )
    )
    if not fan_out:
        _add_parts(conn, row, account, numbers=range(1, len(row.rendition.parts) + 1), born=born, now=now)


def _add_parts(
    conn: Connection, row: PlanRow, account: str, *, numbers: Iterable[int], born: datetime, now: datetime
) -> None:
    rows = [
        {
            "key": delivery_key(row.post, account, part),
            "post": row.post,
            "account": account,
            "part": part,
            "due_at": row.due.utc,
            "priority": row.priority,
            "updated_at": now,
            **_first_state(row, part, born=born, now=now),
        }
        for part in numbers
    ]
    if rows:
        conn.execute(insert(delivery), rows)


def _first_state(row: PlanRow, part: int, *, born: datetime, now: datetime) -> dict[str, str]:
    if row.due.utc < born and row.expires and row.expires.utc <= now:
        return {"state": State.EXPIRED, "reason": "expires"}
    if row.due.utc < born and row.late is Late.SKIP:
        return {"state": State.EXPIRED, "reason": "late"}
    if row.due.utc < born:
        return {"state": State.MISSED, "reason": "before-ledger"}
    if part > 1:
        return {"state": State.HELD, "reason": f"part {part - 1}"}
    return {"state": State.SCHEDULED, "reason": ""}


def _update(conn: Connection, row: PlanRow, before: Row[Any], *, born: datetime, now: datetime) -> None:
    _keep_rendition(conn, row)
    values = _columns(row)
    moved = before.date_at != row.due.utc
    if moved:
        values["due_at"] = row.due.utc
    values["changed"] = bool(before.frozen) and before.frozen != row.rendition.hash
    mine = (planned.c.post == row.post) & (planned.c.account == before.account)
    conn.execute(update(planned).where(mine).values(values))
    deliveries = (delivery.c.post == row.post) & (delivery.c.account == before.account)
    mended = before.rendition != row.rendition.hash
    _follow(conn, deliveries, values, moved=moved, mended=mended, born=born, now=now)
    if before.first_write_at is None and not before.fan_out and mended:
        _match_parts(conn, row, before.account, born=born, now=now)


def _follow(
    conn: Connection,
    deliveries: Any,
    values: Mapping[str, Any],
    *,
    moved: bool,
    mended: bool,
    born: datetime,
    now: datetime,
) -> None:
    """Pending rows take the new time; a new date frees the missed, a mended file the failed."""
    times: dict[str, Any] = {"priority": values["priority"], "updated_at": now}
    if moved:
        times |= {"due_at": values["due_at"], "not_before": None}
    conn.execute(update(delivery).where(deliveries, delivery.c.state.in_(PENDING)).values(times))
    again = {"state": State.SCHEDULED, "reason": "", "owner": None, "follows": True, "not_before": None}
    # What was claimed under the old text must pass the gate under the new one.
    conn.execute(
        update(delivery)
        .where(deliveries, delivery.c.state == State.PREPARING)
        .values(state=State.SCHEDULED, owner=None)
    )
    freed: Sequence[State] = [*([State.MISSED] if moved and values["date_at"] >= born else [])]
    freed = [*freed, *([State.FAILED] if mended or moved else [])]
    if freed:
        conn.execute(update(delivery).where(deliveries, delivery.c.state.in_(freed)).values(again))
        thread_parts.hold_later(conn, deliveries)


def _match_parts(conn: Connection, row: PlanRow, account: str, *, born: datetime, now: datetime) -> None:
    """A thread that was not begun has as many rows as its new text has parts."""
    mine = (delivery.c.post == row.post) & (delivery.c.account == account)
    have = set(conn.scalars(select(delivery.c.part).where(mine)))
    want = set(range(1, len(row.rendition.parts) + 1))
    conn.execute(delete(delivery).where(mine, delivery.c.part.in_(have - want), delivery.c.attempts == 0))
    _add_parts(conn, row, account, numbers=sorted(want - have), born=born, now=now)
