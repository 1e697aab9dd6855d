"""``humaspost resolve``: a person settles unknown outcomes."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from humaspost.cli.console import ask, note, say
from humaspost.cli.exits import Exit
from humaspost.cli.flags import AccountName, Yes
from humaspost.model.delivery import State
from humaspost.model.language import _, ngettext

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

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
    from humaspost.cli.session import clock, open_office
    from humaspost.views.resolve import evidence_lines

    what = _what(published=published, retry=retry, cancel=cancel)
    if url and what != "published":
        raise typer.BadParameter(_("--url goes with --published"))
    office = open_office()
    with office.ledger().read() as conn:
        rows = _chosen(
            conn, which, account=account, states=_STATES[what or "cancel"], root=office.settings.root
        )
    if not rows:
        say(_("There is nothing of {which} to settle.").format(which=which))
        return Exit.OK
    unknown = [row for row in rows if row.state == State.UNKNOWN]
    seen = app.look_again(office, unknown) if 0 < len(unknown) <= _LOOK_AT_MOST else []
    note(evidence_lines(office, rows, [str(one) for one in seen], clock=clock(office)))
    if what is None:
        raise typer.BadParameter(_("say what it is: --published, --retry or --cancel"))
    if not yes and not ask(_question(what, len(rows)), flag="--yes", command="resolve"):
        note(_("Nothing was changed."))
        return Exit.OK
    count = app.resolve(office, rows, what, url=url)
    say(_done(what, count))
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
    from humaspost.cli.which import one_id
    from humaspost.ledger import queries

    if _KEY.fullmatch(which):
        rows = queries.deliveries(conn, key_prefix=which, account_name=account, states=states)
        if rows:
            return rows
    known = [(row.id, row.file) for row in queries.post_ids(conn)]
    post = one_id(which, known, root=root)
    return queries.deliveries(conn, post_id=post, account_name=account, states=states)


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
