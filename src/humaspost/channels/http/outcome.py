"""How an exchange ended, in the two words that decide everything: not sent, or lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from humaspost.model.channel import MediaNotReady
from humaspost.model.errors import ChannelError, Transient, UnknownOutcome


class RequestNotSent(Exception):
    """Proved: no byte of the request left. Never leaves ``channels``."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class ResponseLost(RequestNotSent):
    """Bytes left and no whole answer came: it may have been done. Never leaves ``channels``."""


@contextmanager
def map_errors(*, write: bool) -> Iterator[None]:
    """Whatever goes wrong inside leaves as one of the six errors.

    Not sent = Transient. Lost, and every slip of our own, is UnknownOutcome on a public write and
    Transient elsewhere. MediaNotReady, which comes before any write, passes.
    """
    try:
        yield
    except (ChannelError, MediaNotReady):
        raise
    except ResponseLost as error:
        raise _unknown_or_transient(write)(error.code, error.detail) from error
    except RequestNotSent as error:
        raise Transient(error.code, error.detail) from error
    except Exception as error:
        raise _unknown_or_transient(write)("unreadable-answer", type(error).__name__) from error


def _unknown_or_transient(write: bool) -> type[UnknownOutcome] | type[Transient]:
    return UnknownOutcome if write else Transient


def reason_of(error: BaseException) -> tuple[str, str]:
    """Our code for the innermost cause, and its words: the outer ones quote the address with its query."""
    chain = list(_exception_chain(error))
    names = {type(cause).__name__ for cause in chain}
    code = next((code for code, marks in _CODES_BY_EXCEPTION if names & marks), "connection")
    inner = next((c for c in reversed(chain) if isinstance(c, OSError)), chain[-1])
    text = getattr(inner, "strerror", None) or ""
    return code, f"{type(inner).__name__} {text}".rstrip()


_CODES_BY_EXCEPTION = (
    ("tls", {"SSLError", "SSLCertVerificationError", "CertificateError"}),
    ("dns", {"gaierror", "NameResolutionError"}),
    ("timeout", {"TimeoutError", "ReadTimeoutError", "ConnectTimeoutError", "ReadTimeout"}),
    ("refused", {"ConnectionRefusedError"}),
    ("dropped", {"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError", "IncompleteRead"}),
)


def _exception_chain(error: BaseException) -> Iterator[BaseException]:
    visited: set[int] = set()
    pending = [error]
    while pending:
        cause = pending.pop(0)
        if id(cause) in visited:
            continue
        visited.add(id(cause))
        yield cause
        inner = [cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args]
        pending += [related for related in inner if isinstance(related, BaseException)]
