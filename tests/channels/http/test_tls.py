"""TLS that was refused sent nothing; TLS that broke after the request did. And proxies."""

import datetime as dt
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from humaspost.channels.http.client import HttpClient
from humaspost.model.errors import Transient, UnknownOutcome
from tests.support.deadlines import SECOND
from tests.support.raw_server import (
    OK,
    RawServer,
    Step,
    answers,
    cuts_in_mid_body,
    read_all,
    reset,
    resets_after_request,
    then_closes,
)


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    bundle = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(bundle))
    return authority, bundle


def _context(authority: trustme.CA, host: str = "127.0.0.1", *, days: int = 1) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    until = dt.datetime.now() + dt.timedelta(days=days)
    since = until - dt.timedelta(days=30)
    authority.issue_cert(host, not_before=since, not_after=until).configure_cert(context)
    return context


def _post(server: RawServer, bundle: Path, *, size: int = 10) -> None:
    with HttpClient(server.url, ca=str(bundle), deadline=15 * SECOND) as wire:
        wire.request("POST", "/2/tweets", write=True, data=b"x" * size)


@pytest.mark.parametrize("kind", ["expired", "wrong-host", "self-signed"])
def test_a_certificate_that_is_refused_sends_nothing(ca: tuple[trustme.CA, Path], kind: str) -> None:
    authority, bundle = ca
    context = {
        "expired": lambda: _context(authority, days=-2),
        "wrong-host": lambda: _context(authority, "elsewhere.example"),
        "self-signed": lambda: _context(trustme.CA()),
    }[kind]()
    with RawServer(answers(), tls=context) as server, pytest.raises(Transient, match="tls"):
        _post(server, bundle)
    assert server.requests == 0


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_an_old_tls_is_refused(ca: tuple[trustme.CA, Path]) -> None:
    authority, bundle = ca
    context = _context(authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with RawServer(answers(), tls=context) as server, pytest.raises(Transient, match="tls"):
        _post(server, bundle)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad\r\n\r\n"], ids=["silence", "http"])
def test_what_is_no_tls_sends_nothing(ca: tuple[trustme.CA, Path], answer: bytes) -> None:
    def plain(sock: object) -> bool:
        sock.sendall(answer)  # type: ignore[attr-defined]
        return reset(sock)  # type: ignore[arg-type]

    with RawServer(plain) as server:
        wire = HttpClient(server.url.replace("http:", "https:"), ca=str(ca[1]), deadline=15 * SECOND)
        with wire, pytest.raises(Transient):
            wire.request("POST", "/2/tweets", write=True, data=b"x")


def test_a_trusted_server_is_spoken_to(ca: tuple[trustme.CA, Path]) -> None:
    with RawServer(answers(), tls=_context(ca[0])) as server:
        _post(server, ca[1])


@pytest.mark.parametrize("reused", [False, True], ids=["fresh", "reused"])
@pytest.mark.parametrize(
    "step",
    [resets_after_request, cuts_in_mid_body, then_closes(), then_closes(OK[:20]), then_closes(OK[:-4])],
    ids=["reset", "mid-body", "closed", "half-head", "half-body"],
)
def test_tls_that_breaks_after_the_handshake_is_unknown(
    ca: tuple[trustme.CA, Path], step: Step, reused: bool
) -> None:
    steps = [answers(), step] if reused else [step]
    with RawServer(*steps, tls=_context(ca[0])) as server:
        with HttpClient(server.url, ca=str(ca[1]), deadline=15 * SECOND) as wire:
            if reused:
                assert wire.request("POST", "/", write=True, data=b"x").is_success
            with pytest.raises(UnknownOutcome):
                wire.request("POST", "/", write=True, data=b"x" * 4_000_000)
        assert server.connections == 1


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Step]]:
    """The environment names a proxy that plays the steps put here."""
    steps: list[Step] = []

    def next_step(sock: object) -> bool:
        return steps.pop(0)(sock)  # type: ignore[arg-type]

    with RawServer(next_step) as server:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, server.url)
        yield steps


def test_loopback_is_never_proxied(proxied: list[Step]) -> None:
    with RawServer(answers()) as server, HttpClient(server.url) as wire:
        assert wire.request("GET", "/", write=False).is_success
    assert proxied == []


@pytest.mark.parametrize("reply", [b"HTTP/1.1 403 No\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b""])
def test_a_tunnel_that_was_refused_or_broke_sent_nothing(proxied: list[Step], reply: bytes) -> None:
    heads: list[bytes] = []

    def refuses(sock: object) -> bool:
        heads.append(read_all(sock))  # type: ignore[arg-type]
        sock.sendall(reply)  # type: ignore[attr-defined]
        return reset(sock)  # type: ignore[arg-type]

    proxied.append(refuses)
    with HttpClient("https://api.example", deadline=15 * SECOND) as wire, pytest.raises(Transient):
        wire.request("POST", "/2/tweets", write=True, data=b"x")
    assert heads[0].startswith(b"CONNECT api.example:443")


def test_what_a_forwarding_proxy_was_given_counts_as_sent(proxied: list[Step]) -> None:
    proxied.append(resets_after_request)
    with HttpClient("http://api.example", deadline=15 * SECOND) as wire, pytest.raises(UnknownOutcome):
        wire.request("POST", "/2/tweets", write=True, data=b"x")


def test_a_socks_proxy_is_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    with HttpClient("https://api.example") as wire, pytest.raises(Transient, match="SOCKS"):
        wire.request("POST", "/2/tweets", write=True, data=b"x")
