"""``humaspost doctor``."""

from humaspost.cli.exit_codes import ExitCode, most_urgent
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_text, terminal_columns


def doctor(json: JsonOption = False) -> ExitCode:
    """What will fail tomorrow, each with its remedy; offline, and nothing is changed."""
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.reports.doctor import format_results, result_to_json, run_checks

    office = open_office()
    findings = run_checks(office, time_formatter(office))
    if json:
        print_json({"schema": 1, "findings": [result_to_json(finding) for finding in findings]})
    else:
        print_text(format_results(findings, columns=terminal_columns()))
    bad = [finding for finding in findings if finding.level == "bad"]
    if any(finding.stops_every_command for finding in bad):
        return ExitCode.CONFIG
    return most_urgent(
        ExitCode.LOGIN if finding.topic == "login" else ExitCode.NEEDS_PERSON for finding in bad
    )
