"""Codes of ``audience`` for a file or a rejected row, each with its meaning."""

CODES = {
    "audience-missing-file": "The config names a list of recipients whose file is not there.",
    "audience-unreadable-file": (
        "The list's file is there, but the system does not let humaspost read it: a permission is missing, it is a "
        "folder, or its disk has an error."
    ),
    "audience-encoding": (
        "The list is not text, or text that is neither UTF-8, UTF-16 nor Windows-1252: a spreadsheet (.xlsx) under "
        "another name, for example. In a spreadsheet: save as, CSV UTF-8."
    ),
    "audience-csv": (
        "The list cannot be read as CSV, usually because of a quotation mark that is never closed: the rest of the list "
        "is then one huge cell."
    ),
    "audience-column": (
        "A column of the list is missing, unknown or there twice. The columns are phone, name, basis, purpose, "
        "source, consented_at and, where people have left, opted_out_at; Indonesian names such as No HP, Nama, Dasar, "
        "Tujuan, Sumber, Tanggal persetujuan and Berhenti are read too."
    ),
    "list-shrunk": (
        "More than a fifth of the known people, and more than three, are not in the list's file any more or "
        "cannot be read. That looks like an accident, so the file is not taken over: the people stay, an opt-out in "
        "the file counts, and posts to the list are held. Mend the file and they go on; or take it over as it is with "
        "`humaspost audience import NAME`; or `humaspost publish POST` sends to those who are in both."
    ),
    "list-unreadable": (
        "The list's file cannot be read as a whole, or every row of it is refused. It is not taken over, and posts to "
        "the list are held until it can be read."
    ),
    "list-empty": "The list's file has no row. It is not taken over, and posts to the list are held.",
    "list-missing": (
        "The list's file is not there. The people stay as they were, and posts to the list are held until it is back."
    ),
    "list-rows": (
        "Some rows of the list cannot be read. Whoever is known stays on the list as before, whoever is new waits. "
        "Mend the rows."
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
    "recipient-date": (
        "A date in the list cannot be read. Write 2026-01-31, 31/01/2026 (the day first) or 31 Januari 2026. "
        "Whoever has something unreadable in opted_out_at counts as having left until the cell is mended."
    ),
    "recipient-future": (
        "The date of a consent or an opt-out is in the future. humaspost reads the row again on that day; you need not "
        "save the file. Until then a person who is on the list stays on it, and a new person gets nothing."
    ),
    "recipient-cells": "A row has more cells than there are columns; text with a comma in it needs quotation marks.",
    "recipient-basis": (
        "A row's basis is none of the six of Law 27 of 2022, article 20: consent, contract, legal-obligation, "
        "vital-interest, public-task, legitimate-interest. It is imported as it is; only a warning."
    ),
}
