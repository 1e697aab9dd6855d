"""A terminal that takes nothing (Ctrl-S, a frozen window, a reader that hangs) is not waited for."""

import fcntl
import os
import signal

from tests.support.deadlines import SECOND
from tests.support.office import Office
from tests.support.program import start

POSTS = 30
#: The least that Linux gives a pipe, in bytes: full after about fifteen events.
SMALL = 4096


def test_what_is_due_goes_out_though_no_reader_is_there(office: Office) -> None:
    for number in range(POSTS):
        office.post(f"p{number:02}", f"Pengumuman nomor {number} untuk warga", due=4)
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, SMALL)
    daemon = start("schedule", "--jsonl", cwd=office.folder, stdout=writer)
    os.close(writer)
    try:
        office.sandbox.wait_for_objects(POSTS, "x", within=30 * SECOND)
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(20 * SECOND) == 0
    finally:
        daemon.kill()
        daemon.wait()
    assert len(os.read(reader, 2 * SMALL)) > SMALL // 2, "the pipe was never full, so nothing was shown"
    os.close(reader)
    assert {row["state"] for row in office.json("status", "--all")["deliveries"]} == {"published"}
