"""Codes of ``audience`` for a file or a rejected row, each with its meaning."""

CODES = {
    "audience-missing-file": "The config names a list of recipients whose file is not there or cannot be read.",
    "audience-encoding": "The list is not UTF-8 text. In a spreadsheet: save as, CSV UTF-8.",
    "audience-csv": "The list cannot be read as CSV, usually because of a quotation mark that is never closed.",
    "audience-column": (
        "A column of the list is missing, unknown or there twice. The columns are phone, name, basis, purpose, "
        "source, consented_at and, where people have left, opted_out_at."
    ),
    "audience-too-large": "The list is larger than 64 MB; no office has that many readers in one list.",
    "recipient-phone": "A row has no telephone number, or one that cannot exist.",
    "recipient-phone-spreadsheet": (
        "A spreadsheet made 6.28E+12 of a telephone number, and its last digits are lost. "
        "Format the column as text and enter the number again."
    ),
    "recipient-formula": "A cell begins like a formula (=, @), which a spreadsheet would run. Write plain text.",
    "recipient-consent": (
        "A row does not say on what basis, for what purpose, from which source and since when its person "
        "may be written to. Without that nobody is written to (Law 27 of 2022, article 20)."
    ),
    "recipient-date": "A date in the list is not written as 2026-01-31.",
    "recipient-future": "A row's consent or opt-out lies in the future.",
    "recipient-cells": "A row has more cells than there are columns; text with a comma in it needs quotation marks.",
    "recipient-basis": (
        "A row's basis is none of the six of Law 27 of 2022, article 20: consent, contract, legal-obligation, "
        "vital-interest, public-task, legitimate-interest. It is imported as it is; only a warning."
    ),
}
