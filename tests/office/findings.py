"""Which test meets each numbered finding as a person would: with the program, and where it matters with ``schedule``.

The numbers are those of an attack on an early version (1 to 26) and of the cases that offices reported.
"""

_DAY = "tests/office/test_one_day.py"
_LEDGER = "tests/office/test_replaced_ledger.py"
_RELOAD = "tests/cli/commands/test_reload.py"
_LISTS = "tests/cli/test_lists.py"
_FORGET = "tests/cli/commands/test_forget.py"
_STOPPED = "tests/cli/commands/test_stopped_fan_out.py"
_IDENTITY = "tests/cli/test_post_identity.py"

FINDINGS: dict[str, tuple[str, ...]] = {
    "1": (f"{_DAY}::test_what_a_post_no_longer_names_gets_nothing",),
    "2": ("tests/office/test_cancel.py::test_in_mid_fan_out_nothing_more_is_sent_than_what_was_being_sent",),
    "3": (f"{_DAY}::test_what_a_post_no_longer_names_gets_nothing",),
    "4": (f"{_DAY}::test_a_thread_with_a_refused_part_is_mended_and_stops_nothing",),
    # Weeks pass only where a test owns the clock.
    "5": ("tests/office/days/test_days.py::test_a_random_day",),
    "6": (
        f"{_RELOAD}::test_a_removed_account_sends_no_more",
        f"{_RELOAD}::test_a_fixed_key_is_used_at_once_and_its_posts_go_out",
    ),
    "7": (
        f"{_LISTS}::test_a_list_that_is_gone_or_empty_holds_its_posts",
        f"{_RELOAD}::test_files_that_are_still_being_written_are_never_read",
    ),
    "8": (f"{_DAY}::test_a_post_that_expired_goes_out_by_its_new_date",),
    "9": (f"{_DAY}::test_words_are_said_three_times_where_each_file_says_so",),
    "10": (f"{_LEDGER}::test_an_account_is_renamed_while_nobody_sends",),
    "11": (
        f"{_LEDGER}::test_a_scheduler_whose_ledger_is_moved_away_ends_and_sends_nothing_again",
        f"{_LEDGER}::test_a_restore_asks_for_serve_to_be_stopped_before_it_changes_anything",
    ),
    "16": ("tests/app/folder/test_last_sync.py::test_only_what_changed_is_rendered_again",),
    "17": (f"{_STOPPED}::test_a_late_message_is_missed_as_a_whole_and_sent_when_a_person_publishes_it",),
    "18": (f"{_FORGET}::test_it_works_while_schedule_runs",),
    "19": (f"{_FORGET}::test_numbers_and_names_in_a_platforms_answer_are_shown_nowhere",),
    "20": ("tests/reports/test_deliveries.py::test_the_whole_ledger_is_never_in_memory",),
    "21": (f"{_LEDGER}::test_a_ledger_made_by_a_clock_ahead_is_told_and_corrected",),
    "26": (
        "tests/app/folder/test_file_check.py::test_a_file_of_the_same_size_and_time_with_other_words_has_changed",
    ),
    "case 01": (f"{_LISTS}::test_dates_as_excel_writes_them_are_read",),
    "case 03": (f"{_LISTS}::test_an_opt_out_in_windows_1252_counts",),
    "case 05": (f"{_LISTS}::test_an_opt_out_that_cannot_be_read_stops_every_list_and_is_told",),
    "case 24": (
        f"{_DAY}::test_a_conflict_copy_and_a_renamed_post_are_not_sent",
        f"{_IDENTITY}::test_a_copy_by_onedrive_never_goes_out",
    ),
    "case 26": (
        f"{_DAY}::test_a_conflict_copy_and_a_renamed_post_are_not_sent",
        f"{_IDENTITY}::test_a_published_post_under_another_name_is_asked_about",
    ),
}
