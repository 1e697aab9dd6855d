"""The two failures of an exchange that decide everything: not sent, or response lost."""

from collections.abc import Iterator
from contextlib import contextmanager

from humaspost.model.channel import MediaNotReady
from humaspost.model.errors import ChannelError, Transient, UnknownOutcome


class RequestNotSent(Exception):
    """Proof that no byte of the request was sent; never leaves ``channels``."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class ResponseLost(RequestNotSent):
    """A sent request without a whole response; it may have succeeded. Never leaves ``channels``."""


@contextmanager
def map_errors(*, write: bool) -> Iterator[None]:
    """Raise every error of the block as one of the six channel errors.

    A request that was not sent is Transient. A lost response, and every error in our own code, is UnknownOutcome
    on a public write, else Transient. MediaNotReady passes unchanged, because it comes before any write.
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
    """Return our code and the text of the innermost cause.

    The outer exceptions quote the address with its query.
    """
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
