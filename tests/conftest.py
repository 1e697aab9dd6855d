"""What every test stands on."""

import signal

pytest_plugins = ["tests.support.guard", "tests.support.sandbox", "tests.support.office"]


def pytest_configure() -> None:
    """A shell that runs us in the background lets us ignore Ctrl-C, and the programs that we start inherit it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
