"""``humaspost resolve``: a person settles unknown outcomes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from humaspost.base.i18n import _
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import AccountOption, YesOption
from humaspost.cli.terminal import confirm, print_note, print_text

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.model.delivery import Proof, Receipt, RemoteLocation
    from humaspost.model.records import DeliveryRecord


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
    from humaspost.app import resolve as resolution_steps
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.reports.evidence import evidence_report
    from humaspost.views.decisions.resolve import confirmation_question, format_evidence, format_result

    resolution = _chosen_resolution(published=published, retry=retry, cancel=cancel)
    if url and resolution != "published":
        raise typer.BadParameter(_("--url goes with --published"))
    office = open_office()
    is_key = resolution_steps.is_delivery_key(office, post_or_key)
    if resolution == "cancel" and not is_key:
        return _cancel_post(office, post_or_key, account=account, yes=yes)
    rows = _select_rows(office, post_or_key, resolution, account=account, is_key=is_key)
    if not rows:
        print_text(_("There is nothing of {which} to settle.").format(which=post_or_key))
        return ExitCode.OK
    check_results = resolution_steps.recheck(office, rows)
    evidence = evidence_report(office, rows, check_results)
    print_note(format_evidence(evidence, clock=time_formatter(office)))
    if resolution is None:
        raise typer.BadParameter(_("say what it is: --published, --retry or --cancel"))
    locations = {}
    if resolution == "published":
        locations = _find_locations(office, rows, check_results, url=url)
    question = confirmation_question(resolution, len(rows))
    if not yes and not confirm(question, flag="--yes", command="resolve"):
        print_note(_("Nothing was changed."))
        return ExitCode.OK
    count = resolution_steps.settle(office, rows, resolution, locations=locations, whole_post=not is_key)
    is_published = resolution == "published"
    without_address = _find_without_address(office, rows, locations) if is_published else None
    print_text(format_result(resolution, count, without_address=without_address))
    return ExitCode.OK


def _select_rows(
    office: "Office", post_or_key: str, resolution: str | None, *, account: str | None, is_key: bool
) -> "Sequence[DeliveryRecord]":
    """Return the deliveries to settle; raise where a retry would have to end a cancel."""
    from humaspost.app import resolve as resolution_steps
    from humaspost.cli.post_lookup import find_recorded_id

    find_post = partial(find_recorded_id, post_or_key, office)
    rows = resolution_steps.select_deliveries(
        office, post_or_key, resolution, account=account, find_post=find_post
    )
    if resolution == "retry" and is_key:
        _require_not_cancelled(office, rows)
    elif resolution == "retry" and not rows:
        _require_no_cancel(office, find_post, account=account)
    return rows


def _require_not_cancelled(office: "Office", rows: "Sequence[DeliveryRecord]") -> None:
    """Raise for a delivery whose whole post is cancelled: alone it would end the cancel for all."""
    from humaspost.app import resolve as resolution_steps

    row = resolution_steps.find_cancelled(office, rows)
    if row is None:
        return
    message = _(
        "{post} is cancelled on {account}, so no single delivery of it is sent again; to end the cancel, name the "
        "post: humaspost resolve {post} --account {account} --retry, or humaspost publish {post}"
    )
    raise typer.BadParameter(message.format(post=row.post, account=row.account_name))


def _require_no_cancel(
    office: "Office", find_post: "Callable[[Iterable[tuple[str, str]]], str]", *, account: str | None
) -> None:
    """Raise for a cancelled post of which nothing is unknown or failed: a retry does not end its cancel."""
    from humaspost.app import resolve as resolution_steps
    from humaspost.reports.deliveries import post_files

    post = find_post(post_files(office))
    if not resolution_steps.is_cancelled(office, post, account=account):
        return
    message = _(
        "nothing of {post} is unknown or failed, so there is nothing to send again; it is cancelled: to send what "
        "is left of it, at once: humaspost publish {post}"
    )
    raise typer.BadParameter(message.format(post=post))


def _find_locations(
    office: "Office",
    rows: "Sequence[DeliveryRecord]",
    check_results: "Mapping[str, Receipt | Proof]",
    *,
    url: str | None,
) -> "dict[str, RemoteLocation]":
    from humaspost.app import resolve as resolution_steps

    try:
        return resolution_steps.remote_locations(office, rows, check_results, url=url)
    except resolution_steps.UnusableAddress as error:
        raise typer.BadParameter(str(error)) from error


def _find_without_address(
    office: "Office", rows: "Sequence[DeliveryRecord]", locations: "Mapping[str, RemoteLocation]"
) -> "DeliveryRecord | None":
    """Return the first delivery whose address is unknown and would be public, or None."""
    from humaspost.app.resolve import has_address

    return next((row for row in rows if row.key not in locations and has_address(office, row)), None)


def _cancel_post(office: "Office", query: str, *, account: str | None, yes: bool) -> ExitCode:
    """Cancel a whole post, after the evidence about what is unknown of it."""
    from humaspost.app import resolve as resolution_steps
    from humaspost.cli.commands.cancel import cancel_post, find_post_to_cancel
    from humaspost.cli.office import time_formatter
    from humaspost.reports.evidence import evidence_report
    from humaspost.views.decisions.resolve import format_evidence

    post_id, new_post = find_post_to_cancel(office, query)
    rows = resolution_steps.list_unknown(office, post_id, account=account)
    if rows:
        evidence = evidence_report(office, rows, resolution_steps.recheck(office, rows))
        print_note(format_evidence(evidence, clock=time_formatter(office)))
    return cancel_post(
        office,
        post_id,
        new_post=new_post,
        account=account,
        include_unknown=True,
        yes=yes,
        command="resolve",
    )


def _chosen_resolution(*, published: bool, retry: bool, cancel: bool) -> str | None:
    selected = [
        name for name, is_set in (("published", published), ("retry", retry), ("cancel", cancel)) if is_set
    ]
    if len(selected) > 1:
        raise typer.BadParameter(_("only one of --published, --retry and --cancel"))
    return selected[0] if selected else None
