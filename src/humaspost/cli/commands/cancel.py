"""``humaspost cancel POST``."""

from typing import TYPE_CHECKING

import typer

from humaspost.base.i18n import _
from humaspost.cli.commands.preview import PostArgument
from humaspost.cli.exit_codes import ExitCode
from humaspost.cli.options import AccountOption, JsonOption, YesOption
from humaspost.cli.terminal import confirm, print_json, print_note, print_text

if TYPE_CHECKING:
    from humaspost.app.office import Office
    from humaspost.model.post import Post


def cancel(
    post: PostArgument, account: AccountOption = None, yes: YesOption = False, json: JsonOption = False
) -> ExitCode:
    """Stop a post: nothing of it is sent any more; `publish` undoes it."""
    from humaspost.cli.office import open_office

    office = open_office()
    post_id, new_post = find_post_to_cancel(office, post)
    return cancel_post(office, post_id, new_post=new_post, account=account, yes=yes, json=json)


def cancel_post(
    office: "Office",
    post_id: str,
    *,
    new_post: "Post | None" = None,
    account: str | None = None,
    include_unknown: bool = False,
    yes: bool = False,
    json: bool = False,
    command: str = "cancel",
) -> ExitCode:
    """Show what a cancel stops, ask, cancel the post and report it.

    ``new_post`` is a post that the ledger does not have yet. ``include_unknown`` = unknown outcomes too.
    """
    from humaspost.app import cancellation
    from humaspost.cli.office import time_formatter
    from humaspost.reports.cancellation import cancel_preview
    from humaspost.reports.deliveries import post_files
    from humaspost.views.decisions.cancellation import (
        cancel_to_json,
        format_cancel_preview,
        format_cancelled,
        format_pointless,
    )

    preview = cancel_preview(office, post_id, account=account, post=new_post, include_unknown=include_unknown)
    _check_account(office, account, [counts.account for counts in preview.counts])
    if preview.is_pointless:
        if json:
            print_json(cancel_to_json(post_id, preview.counts))
        else:
            print_text(format_pointless(preview, clock=time_formatter(office)))
        return ExitCode.OK
    print_note(format_cancel_preview(preview))
    if not yes and not confirm(_("Cancel it?"), flag="--yes", command=command):
        print_note(_("Nothing was changed."))
        return ExitCode.OK
    counts = cancellation.cancel(office, post_id, account=account, include_unknown=include_unknown)
    if json:
        print_json(cancel_to_json(post_id, counts))
    else:
        file = dict(post_files(office)).get(post_id, "")
        is_missing = bool(file) and not (office.settings.root / file).exists()
        print_text(format_cancelled(post_id, counts, missing_file=file if is_missing else ""))
    return ExitCode.OK


def find_post_to_cancel(office: "Office", query: str) -> "tuple[str, Post | None]":
    """Return the id of the post, and the post itself where the ledger does not have it yet.

    A post that is named exactly is found in the ledger alone: reading a large folder takes its time, and
    meanwhile more of the post would be sent.
    """
    from humaspost.app.folder.scan import scan_folder
    from humaspost.cli.post_lookup import UnusablePost, find_exact_id, find_post, find_post_id, has_match
    from humaspost.reports.deliveries import post_files

    root, known = office.settings.root, dict(post_files(office))
    exact = find_exact_id(query, known.items(), root=root)
    if exact is not None:
        return exact, None
    scan = scan_folder(office)
    files = known | {post.id: post.file for post in scan.posts}
    if has_match(query, known.items()):
        post_id = find_post_id(query, files.items(), root=root)
    else:
        post_id = find_post(query, scan.posts, problems=scan.problems, root=root).id
    if post_id in known:
        return post_id, None
    post = next(post for post in scan.posts if post.id == post_id)
    errors = [problem for problem in scan.problems if problem.is_error and problem.file == post.file]
    if errors:
        raise UnusablePost(errors)
    if post.draft:
        raise typer.BadParameter(_("{file} is a draft; nothing of it is planned").format(file=post.file))
    return post_id, post


def _check_account(office: "Office", account: str | None, names: list[str]) -> None:
    if account is None or account in names:
        return
    if office.settings.account(account) is None:
        raise typer.BadParameter(_("there is no account {name!r} in config.toml").format(name=account))
