"""``humaspost doctor``."""

from humaspost.cli.exit_codes import ExitCode, exit_code_of
from humaspost.cli.options import JsonOption
from humaspost.cli.terminal import print_json, print_text, terminal_columns
from humaspost.model.reasons import AccountHold


def doctor(json: JsonOption = False) -> ExitCode:
    """Show what will fail tomorrow, each with its remedy; works offline and changes nothing."""
    from humaspost.cli.office import open_office, time_formatter
    from humaspost.reports.doctor import Finding, Level, run_checks
    from humaspost.views.doctor import format_results, result_to_json

    office = open_office()
    results, clock = run_checks(office), time_formatter(office)
    if json:
        print_json({"schema": 1, "findings": [result_to_json(result, clock) for result in results]})
    else:
        print_text(format_results(results, clock=clock, columns=terminal_columns()))
    bad = [result for result in results if result.level is Level.BAD]
    if any(result.stops_every_command for result in bad):
        return ExitCode.CONFIG
    lists = [result.values["code"] for result in bad if result.finding is Finding.LIST_PROBLEM]
    logins = [AccountHold.LOGIN for result in bad if result.topic == "login"]
    has_post_errors = any(result.finding is Finding.FILE_ERRORS for result in bad)
    others = len(bad) - len(lists) - len(logins) - has_post_errors
    return exit_code_of(
        holds=logins, list_codes=lists, has_post_errors=has_post_errors, needs_person=others > 0
    )
