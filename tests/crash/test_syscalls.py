"""The real program, killed at its k-th write and its k-th sync."""

from pathlib import Path

import pytest

from tests.crash.sandbox_office import Office, SandboxProcess, phones
from tests.crash.syscalls import SYSTEM_CALLS, SyscallKillRunner


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("account", ["x", "instagram", "whatsapp"])
def test_killed_at_writes_until_none_remains(tmp_path: Path, account: str) -> None:
    with SandboxProcess() as world:
        world.raise_limits()
        office = Office(tmp_path / "kantor", world, people=phones(3))
        killer = SyscallKillRunner(office, account)
        # Here every few; `make torture` takes each.
        last = [killer.run(call, stride=stride) for call, stride in zip(SYSTEM_CALLS, (9, 2), strict=True)]
        office.settle()
        verdict = office.breaches(office.status())
    assert verdict.breaches[:20] == ()
    assert min(last) >= 3, "the program writes more often than that"
    assert killer.kills >= 6
