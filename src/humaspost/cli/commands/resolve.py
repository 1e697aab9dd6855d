"""``humaspost resolve``: a person settles unknown outcomes."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from humaspost.base.i18n import _, ngettext
from humaspost.cli.exit_codes import Exit
from humaspost.cli.options import AccountName, Yes
from humaspost.cli.terminal import ask, note, say
from humaspost.model.delivery import State

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from humaspost.app.office import Office
    from humaspost.ledger.deliveries.unknown_outcomes import Place
    from humaspost.model.delivery import Proof, Receipt

_STATES = {
    "published": (State.UNKNOWN,),
    "retry": (State.UNKNOWN, State.FAILED),
    "cancel": (State.UNKNOWN, State.FAILED, State.MISSED, State.HELD, State.SCHEDULED),
}
#: Looking each one up again asks the platform once per delivery.
_LOOK_AT_MOST = 20
_KEY = re.compile(r"[0-9a-f]{6,32}")


def resolve(
    which: Annotated[str, typer.Argument(metavar="POST|KEY", help=_("a post, or the beginning of a key"))],
    published: Annotated[bool, typer.Option("--published", help=_("it is live"))] = False,
    retry: Annotated[bool, typer.Option("--retry", help=_("it is not live: send it (again)"))] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help=_("give it up"))] = False,
    url: Annotated[str | None, typer.Option("--url", metavar="U", help=_("where it is live"))] = None,
    account: AccountName = None,
    yes: Yes = False,
) -> Exit:
    """Settle outcomes that nobody knows, after looking at the evidence."""
    from humaspost import app
    from humaspost.cli.office import clock, open_office
    from humaspost.views.resolve import evidence_lines

    what = _what(published=published, retry=retry, cancel=cancel)
    if url and what != "published":
        raise typer.BadParameter(_("--url goes with --published"))
    office = open_office()
    with office.ledger().read() as conn:
        rows = _chosen(
            conn, which, account=account, states=_STATES[what or "cancel"], root=office.settings.root
        )
    if not rows and what == "published":
        rows = _lost(office, which, account=account)
    if not rows:
        say(_("There is nothing of {which} to settle.").format(which=which))
        return Exit.OK
    doubtful = [row for row in rows if row.state in (State.UNKNOWN, State.PUBLISHED)]
    seen = app.look_again(office, doubtful) if 0 < len(doubtful) <= _LOOK_AT_MOST else {}
    note(evidence_lines(office, rows, seen, clock=clock(office)))
    if what is None:
        raise typer.BadParameter(_("say what it is: --published, --retry or --cancel"))
    places = _places(office, rows, seen, url=url) if what == "published" else {}
    if not yes and not ask(_question(what, len(rows)), flag="--yes", command="resolve"):
        note(_("Nothing was changed."))
        return Exit.OK
    count = app.resolve(office, rows, what, places=places)
    say([*_done(what, count), *(_nowhere(office, rows, places) if what == "published" else [])])
    return Exit.OK


def _what(*, published: bool, retry: bool, cancel: bool) -> str | None:
    chosen = [
        name for name, given in (("published", published), ("retry", retry), ("cancel", cancel)) if given
    ]
    if len(chosen) > 1:
        raise typer.BadParameter(_("only one of --published, --retry and --cancel"))
    return chosen[0] if chosen else None


def _chosen(
    conn: "Connection", which: str, *, account: str | None, states: Sequence[State], root: Any
) -> list["Row[Any]"]:
    from humaspost.cli.post_lookup import one_id
    from humaspost.ledger.queries import delivery_lists

    if _KEY.fullmatch(which):
        rows = delivery_lists.deliveries(conn, key_prefix=which, account_name=account, states=states)
        if rows:
            return rows
    known = [(row.id, row.file) for row in delivery_lists.post_ids(conn)]
    post = one_id(which, known, root=root)
    return delivery_lists.deliveries(conn, post_id=post, account_name=account, states=states)


def _lost(office: "Office", which: str, *, account: str | None) -> "list[Row[Any]]":
    """What is known to be live, and not where."""
    from humaspost.ledger.deliveries import unknown_outcomes

    with office.ledger().read() as conn:
        keys = unknown_outcomes.lost(conn)
        published = (State.PUBLISHED,)
        rows = _chosen(conn, which, account=account, states=published, root=office.settings.root)
    return [row for row in rows if row.key in keys and office.channels[row.channel].looks.address]


def _places(
    office: "Office", rows: "Sequence[Row[Any]]", seen: "Mapping[str, Receipt | Proof]", *, url: str | None
) -> "dict[str, Place]":
    """Where each is live: as the look just found it, or where the person says; raises BadParameter."""
    from humaspost.ledger.deliveries import unknown_outcomes
    from humaspost.model.delivery import Receipt

    found = {key: (it.remote_id, it.url) for key, it in seen.items() if isinstance(it, Receipt)}
    others = [row for row in rows if row.key not in found]
    if url and len(rows) == 1:
        # A person who looked knows better than the timeline.
        return {rows[0].key: _place(office, rows[0], url)}
    if url and len(others) == 1:
        return {**found, others[0].key: _place(office, others[0], url)}
    if url:
        raise typer.BadParameter(
            _("--url is the address of one of them: name it by its key, or with --account")
        )
    with office.ledger().read() as conn:
        needed = unknown_outcomes.waited_for(conn, [row.key for row in others]) | unknown_outcomes.lost(conn)
    for row in others:
        if row.key in needed and office.channels[row.channel].looks.address:
            message = _("say where part {part} is, the next one is to answer it: --url ADDRESS")
            if row.state == State.PUBLISHED:
                message = _("say where part {part} is: --url ADDRESS")
            raise typer.BadParameter(message.format(part=row.part))
    return found


def _place(office: "Office", row: "Row[Any]", url: str) -> "Place":
    from humaspost.ledger.deliveries import unknown_outcomes

    looks = office.channels[row.channel].looks
    account = office.settings.account(row.account_name)
    shown = account.shown if account else ""
    remote_id = looks.id_in(url, shown=shown)
    if looks.address and remote_id is None:
        message = _(
            "{url} is not the address of a post of {account} on {channel}; copy it from there: {where}"
        )
        told = message.format(url=url, account=shown, channel=row.channel, where=looks.where)
        raise typer.BadParameter(told)
    if remote_id is not None:
        with office.ledger().read() as conn:
            other = unknown_outcomes.holder(conn, row, remote_id)
        if other is not None:
            message = _("there is {post}, part {part}, already; each has an address of its own")
            raise typer.BadParameter(message.format(post=other.post, part=other.part))
    return remote_id, url


def _question(what: str, count: int) -> str:
    words = {
        "published": ngettext("Is it live?", "Are all {count} live?", count),
        "retry": ngettext(
            "Send it? If it is live after all, the public sees it twice.",
            "Send all {count}? Those that are live after all, the public sees twice.",
            count,
        ),
        "cancel": ngettext("Give it up for good?", "Give up all {count} for good?", count),
    }
    return words[what].format(count=count)


def _nowhere(office: "Office", rows: "Sequence[Row[Any]]", places: "Mapping[str, Place]") -> list[str]:
    """What cannot be done to a post whose address is not known, and how to tell it later."""
    for row in rows:
        if row.key not in places and office.channels[row.channel].looks.address:
            way = _("humaspost resolve {post} --account {account} --published --url ADDRESS")
            return [
                _("Nobody knows its address, so it can be neither retracted nor answered. Tell it with:"),
                way.format(post=row.post, account=row.account_name),
            ]
    return []


def _done(what: str, count: int) -> list[str]:
    words = {
        "published": ngettext("{count} delivery is published.", "{count} deliveries are published.", count),
        "retry": ngettext("{count} delivery will be sent.", "{count} deliveries will be sent.", count),
        "cancel": ngettext("{count} delivery is cancelled.", "{count} deliveries are cancelled.", count),
    }
    lines = [words[what].format(count=count)]
    return (
        [*lines, _("by `humaspost schedule`, or now: humaspost run")] if what == "retry" and count else lines
    )
