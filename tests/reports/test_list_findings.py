"""``status`` and ``check`` say the same of a list, whatever the day is."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from humaspost.app.audiences import import_changed
from humaspost.app.office import Office
from humaspost.reports.audience_size import AudienceSize
from humaspost.reports.list_findings import list_findings
from humaspost.settings.load import load_settings

CONFIG = """timezone = "Asia/Jakarta"
language = "en"
[accounts.x]
channel = "x"
handle = "@kotacontoh"
[audiences.warga]
file = "warga.csv"
"""
ROWS = """phone,name,basis,purpose,source,consented_at
+6281200000001,P,consent,info,formulir,2021-01-01
+6281200000002,P,consent,info,formulir,2026-12-01
"""
DAY = datetime(2026, 11, 30, 17, tzinfo=UTC)


class Desk:
    """An office whose clock a test moves."""

    def __init__(self, folder: Path) -> None:
        (folder / "config.toml").write_text(CONFIG)
        (folder / "warga.csv").write_text(ROWS)
        self.time = DAY - timedelta(days=1)
        past = self.time.timestamp() - 60
        os.utime(folder / "warga.csv", (past, past))
        self.office = Office(load_settings(folder / "config.toml"), now=lambda: self.time, environ={})

    def codes(self, *, each_row: bool) -> list[str]:
        """Return the codes of the lists: of ``check`` with each row, of ``status`` without."""
        found = list_findings(self.office, each_row=each_row)
        return [finding.summary.code for finding in found if finding.summary]

    def count(self) -> int:
        """Return how many people ``plan`` shows."""
        return AudienceSize(self.office).count_recipients(["warga"])


def test_a_consent_in_the_future_is_told_until_its_day(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    import_changed(desk.office, wait_for_unsettled=True)
    assert desk.codes(each_row=True) == desk.codes(each_row=False) == ["list-rows"]
    assert desk.count() == 1
    desk.time = DAY
    assert desk.codes(each_row=True) == desk.codes(each_row=False) == []
    assert desk.count() == 2
    import_changed(desk.office, wait_for_unsettled=True)
    assert desk.codes(each_row=True) == desk.codes(each_row=False) == []
    assert desk.count() == 2
