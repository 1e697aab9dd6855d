"""A terminal that takes nothing (Ctrl-S, a frozen window, a reader that hangs) is not waited for."""

import fcntl
import os
import signal
import subprocess
import sys

from tests.e2e.program import Office, environment

POSTS = 30
#: The least that Linux gives a pipe, in bytes: full after about fifteen events.
SMALL = 4096


def test_what_is_due_goes_out_though_nobody_reads(office: Office) -> None:
    for number in range(POSTS):
        office.post(f"p{number:02}", f"Pengumuman nomor {number} untuk warga", due=4)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, SMALL)
    command = [sys.executable, "-m", "humaspost", "schedule", "--jsonl"]
    daemon = subprocess.Popen(command, cwd=office.folder, env=environment(), stdout=writer)
    os.close(writer)
    try:
        office.world.settled(POSTS, "x", within=30)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=20) == 0
    finally:
        daemon.kill()
        daemon.wait()
    assert len(os.read(reader, 2 * SMALL)) > SMALL // 2, "the pipe was never full, so nothing was shown"
    os.close(reader)
    assert {row["state"] for row in office.json("status", "--all")["deliveries"]} == {"published"}
