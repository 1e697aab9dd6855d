"""``humaspost publish POST``."""

import typer

from humaspost.base.i18n import _
from humaspost.cli.commands.preview import Wanted
from humaspost.cli.exit_codes import Exit, worst
from humaspost.cli.options import AccountName, Json, Yes
from humaspost.cli.terminal import ask, columns, give, note, say


def publish(post: Wanted, account: AccountName = None, yes: Yes = False, json: Json = False) -> Exit:
    """Send one post now: what is due, failed or missed of it; never what is published or unknown."""
    from humaspost import app
    from humaspost.app.scan import scan
    from humaspost.cli.exit_codes import outcome
    from humaspost.cli.office import clock, open_office
    from humaspost.cli.post_lookup import BadPost, one
    from humaspost.cli.progress import TROUBLES, Teller
    from humaspost.views.deliveries import result_lines
    from humaspost.views.json_output import run_json
    from humaspost.views.publish import ahead, ahead_lines, interrupted_lines, kept_back_lines

    office = open_office()
    found = scan(office)
    chosen = one(post, found.posts, problems=found.problems, root=office.settings.root)
    errors = [problem for problem in found.problems if problem.is_error and problem.file == chosen.file]
    if errors:
        raise BadPost(errors)
    if chosen.draft:
        raise typer.BadParameter(
            _("{file} is a draft; take out `draft: true` first").format(file=chosen.file)
        )
    if account is not None and office.settings.account(account) is None:
        raise typer.BadParameter(_("there is no account {name!r} in config.toml").format(name=account))
    plan = ahead(office, chosen, account=account)
    note(ahead_lines(plan, chosen, clock=clock(office), columns=columns()))
    if not plan.sends:
        if json:
            give(run_json([], problems=len(found.problems)))
        return Exit.PERSON if plan.unknown else Exit.OK
    if not yes and not ask(_("Send?"), flag="--yes", command="publish"):
        note(_("Nothing was sent."))
        return Exit.OK
    with Teller(office, only=TROUBLES) as teller:
        office.tell = teller.tell
        try:
            report = app.publish(office, chosen.id, account=account)
        except app.BrokenOff as broken:
            note(interrupted_lines(broken.begun, chosen, clock=clock(office)))
            raise
    kept_back = app.kept_back(office, chosen.id, account=account)
    if json:
        give(run_json(report.deliveries, problems=len(report.problems)))
    else:
        say(result_lines(report.deliveries))
    note(kept_back_lines(kept_back))
    held = [Exit.LOGIN if row.hold == "login" else Exit.LATER for row in kept_back]
    code = worst([outcome(report.deliveries), *held])
    if code is Exit.PERSON:
        note(_("What it needs from you: humaspost status"))
    return code
