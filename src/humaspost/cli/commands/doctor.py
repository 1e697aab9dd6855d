"""``humaspost doctor``."""

from humaspost.cli.exit_codes import Exit, worst
from humaspost.cli.options import Json
from humaspost.cli.terminal import columns, give, say


def doctor(json: Json = False) -> Exit:
    """What will fail tomorrow, each with its remedy; offline, and nothing is changed."""
    from humaspost.cli.office import clock, open_office
    from humaspost.reports.doctor import examine, finding_json, finding_lines

    office = open_office()
    findings = examine(office, clock(office))
    if json:
        give({"schema": 1, "findings": [finding_json(finding) for finding in findings]})
    else:
        say(finding_lines(findings, columns=columns()))
    bad = [finding for finding in findings if finding.level == "bad"]
    return worst(Exit.LOGIN if finding.topic == "login" else Exit.PERSON for finding in bad)
