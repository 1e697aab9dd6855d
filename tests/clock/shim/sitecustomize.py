"""libfaketime 0.9.10 shifts ``clock_nanosleep`` though the monotonic clock is not faked; a wait it leaves alone."""

import threading
import time


def _sleep(seconds: float) -> None:
    if seconds < 0:
        raise ValueError("sleep length must be non-negative")
    threading.Event().wait(seconds)


time.sleep = _sleep
