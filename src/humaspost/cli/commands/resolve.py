"""``humaspost resolve``: a person settles unknown outcomes."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from humaspost.base.i18n import _, ngettext
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import AccountOption, YesOption
from humaspost.cli.terminal import confirm, print_note, print_text
from humaspost.model.delivery import State

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from humaspost.app.office import Office
    from humaspost.ledger.deliveries.unknown_outcomes import RemoteLocation
    from humaspost.model.delivery import Proof, Receipt

_RESOLVABLE_STATES = {
    "published": (State.UNKNOWN,),
    "retry": (State.UNKNOWN, State.FAILED),
    "cancel": (State.UNKNOWN, State.FAILED, State.MISSED, State.HELD, State.SCHEDULED),
}
#: Looking each one up again asks the platform once per delivery.
_MAX_CHECKS = 20
_KEY_PREFIX = re.compile(r"[0-9a-f]{6,32}")


def resolve(
    post_or_key: Annotated[
        str, typer.Argument(metavar="POST|KEY", help=_("a post, or the beginning of a key"))
    ],
    published: Annotated[bool, typer.Option("--published", help=_("it is live"))] = False,
    retry: Annotated[bool, typer.Option("--retry", help=_("it is not live: send it (again)"))] = False,
    cancel: Annotated[bool, typer.Option("--cancel", help=_("give it up"))] = False,
    url: Annotated[str | None, typer.Option("--url", metavar="U", help=_("where it is live"))] = None,
    account: AccountOption = None,
    yes: YesOption = False,
) -> ExitCode:
    """Settle outcomes that nobody knows, after looking at the evidence."""
    from humaspost import app
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.views.resolve import format_evidence

    resolution = _chosen_resolution(published=published, retry=retry, cancel=cancel)
    if url and resolution != "published":
        raise typer.BadParameter(_("--url goes with --published"))
    office = open_office()
    with office.ledger().read() as conn:
        rows = _select_deliveries(
            conn,
            post_or_key,
            account=account,
            states=_RESOLVABLE_STATES[resolution or "cancel"],
            root=office.settings.root,
        )
    if not rows and resolution == "published":
        rows = _published_without_id(office, post_or_key, account=account)
    if not rows:
        print_text(_("There is nothing of {which} to settle.").format(which=post_or_key))
        return ExitCode.OK
    unknown_rows = [row for row in rows if row.state in (State.UNKNOWN, State.PUBLISHED)]
    check_results = app.recheck(office, unknown_rows) if 0 < len(unknown_rows) <= _MAX_CHECKS else {}
    print_note(format_evidence(office, rows, check_results, clock=time_formatter(office)))
    if resolution is None:
        raise typer.BadParameter(_("say what it is: --published, --retry or --cancel"))
    addresses = _remote_addresses(office, rows, check_results, url=url) if resolution == "published" else {}
    if not yes and not confirm(
        _confirmation_question(resolution, len(rows)), flag="--yes", command="resolve"
    ):
        print_note(_("Nothing was changed."))
        return ExitCode.OK
    count = app.resolve(office, rows, resolution, locations=addresses)
    print_text(
        [
            *_format_result(resolution, count),
            *(_address_missing_note(office, rows, addresses) if resolution == "published" else []),
        ]
    )
    return ExitCode.OK


def _chosen_resolution(*, published: bool, retry: bool, cancel: bool) -> str | None:
    selected = [
        name for name, is_set in (("published", published), ("retry", retry), ("cancel", cancel)) if is_set
    ]
    if len(selected) > 1:
        raise typer.BadParameter(_("only one of --published, --retry and --cancel"))
    return selected[0] if selected else None


def _select_deliveries(
    conn: "Connection", post_or_key: str, *, account: str | None, states: Sequence[State], root: Any
) -> list["Row[Any]"]:
    from humaspost.cli.post_lookup import find_post_id
    from humaspost.ledger.queries import delivery_lists

    if _KEY_PREFIX.fullmatch(post_or_key):
        rows = delivery_lists.list_deliveries(
            conn, key_prefix=post_or_key, account_name=account, states=states
        )
        if rows:
            return rows
    posts = [(row.id, row.file) for row in delivery_lists.list_posts(conn)]
    post = find_post_id(post_or_key, posts, root=root)
    return delivery_lists.list_deliveries(conn, post_id=post, account_name=account, states=states)


def _published_without_id(office: "Office", post_or_key: str, *, account: str | None) -> "list[Row[Any]]":
    """What is known to be live, and not where."""
    from humaspost.ledger.deliveries import unknown_outcomes

    with office.ledger().read() as conn:
        keys = unknown_outcomes.published_without_id(conn)
        published = (State.PUBLISHED,)
        rows = _select_deliveries(
            conn, post_or_key, account=account, states=published, root=office.settings.root
        )
    return [
        row for row in rows if row.key in keys and office.channels[row.channel].lookup_schedule.url_pattern
    ]


def _remote_addresses(
    office: "Office",
    rows: "Sequence[Row[Any]]",
    check_results: "Mapping[str, Receipt | Proof]",
    *,
    url: str | None,
) -> "dict[str, RemoteLocation]":
    """Where each is live: as the look just found it, or where the person says; raises BadParameter."""
    from humaspost.ledger.deliveries import unknown_outcomes
    from humaspost.model.delivery import Receipt

    addresses = {
        key: (check_result.remote_id, check_result.url)
        for key, check_result in check_results.items()
        if isinstance(check_result, Receipt)
    }
    unresolved = [row for row in rows if row.key not in addresses]
    if url and len(rows) == 1:
        # A person who looked knows better than the timeline.
        return {rows[0].key: _parse_address(office, rows[0], url)}
    if url and len(unresolved) == 1:
        return {**addresses, unresolved[0].key: _parse_address(office, unresolved[0], url)}
    if url:
        raise typer.BadParameter(
            _("--url is the address of one of them: name it by its key, or with --account")
        )
    with office.ledger().read() as conn:
        blocking_keys = unknown_outcomes.blocking_parts(
            conn, [row.key for row in unresolved]
        ) | unknown_outcomes.published_without_id(conn)
    for row in unresolved:
        if row.key in blocking_keys and office.channels[row.channel].lookup_schedule.url_pattern:
            message = _("say where part {part} is, the next one is to answer it: --url ADDRESS")
            if row.state == State.PUBLISHED:
                message = _("say where part {part} is: --url ADDRESS")
            raise typer.BadParameter(message.format(part=row.part))
    return addresses


def _parse_address(office: "Office", row: "Row[Any]", url: str) -> "RemoteLocation":
    from humaspost.ledger.deliveries import unknown_outcomes

    lookup_schedule = office.channels[row.channel].lookup_schedule
    account = office.settings.account(row.account_name)
    display_name = account.display_name if account else ""
    remote_id = lookup_schedule.parse_remote_id(url, display_name=display_name)
    if lookup_schedule.url_pattern and remote_id is None:
        message = _(
            "{url} is not the address of a post of {account} on {channel}; copy it from there: {where}"
        )
        error_text = message.format(
            url=url, account=display_name, channel=row.channel, where=lookup_schedule.public_site
        )
        raise typer.BadParameter(error_text)
    if remote_id is not None:
        with office.ledger().read() as conn:
            owner = unknown_outcomes.owner_of_remote_id(conn, row, remote_id)
        if owner is not None:
            message = _("there is {post}, part {part}, already; each has an address of its own")
            raise typer.BadParameter(message.format(post=owner.post, part=owner.part))
    return remote_id, url


def _confirmation_question(resolution: str, count: int) -> str:
    templates = {
        "published": ngettext("Is it live?", "Are all {count} live?", count),
        "retry": ngettext(
            "Send it? If it is live after all, the public sees it twice.",
            "Send all {count}? Those that are live after all, the public sees twice.",
            count,
        ),
        "cancel": ngettext("Give it up for good?", "Give up all {count} for good?", count),
    }
    return templates[resolution].format(count=count)


def _address_missing_note(
    office: "Office", rows: "Sequence[Row[Any]]", addresses: "Mapping[str, RemoteLocation]"
) -> list[str]:
    """What cannot be done to a post whose address is not known, and how to tell it later."""
    for row in rows:
        if row.key not in addresses and office.channels[row.channel].lookup_schedule.url_pattern:
            command = _("humaspost resolve {post} --account {account} --published --url ADDRESS")
            return [
                _("Nobody knows its address, so it can be neither retracted nor answered. Tell it with:"),
                command.format(post=row.post, account=row.account_name),
            ]
    return []


def _format_result(resolution: str, count: int) -> list[str]:
    templates = {
        "published": ngettext("{count} delivery is published.", "{count} deliveries are published.", count),
        "retry": ngettext("{count} delivery will be sent.", "{count} deliveries will be sent.", count),
        "cancel": ngettext("{count} delivery is cancelled.", "{count} deliveries are cancelled.", count),
    }
    lines = [templates[resolution].format(count=count)]
    return (
        [*lines, _("by `humaspost schedule`, or now: humaspost run")]
        if resolution == "retry" and count
        else lines
    )
