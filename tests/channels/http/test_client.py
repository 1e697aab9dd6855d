"""Every place where a connection can break ends as transient only where nothing was sent."""

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import tweepy

from humaspost.channels.http.client import (
    MAX_BODY_BYTES,
    REQUEST_SECONDS,
    HttpClient,
    HttpResponse,
    map_errors,
)
from humaspost.channels.http.transport import CONNECT_SECONDS, HttpExchange, PlainSocket, use_exchange
from humaspost.model.errors import ChannelError, Transient, UnknownOutcome
from tests.support.deadlines import SECOND
from tests.support.raw_server import (
    OK,
    RawServer,
    Step,
    answers,
    cuts_in_mid_body,
    hangs,
    read_all,
    reset,
    resets_after_request,
    then_closes,
    trickles,
)

Send = Callable[[HttpClient, Any], HttpResponse]
#: Seconds after which an exchange ends that nobody answers.
SHORT = max(0.3, 0.05 * SECOND)
_LARGE = {"text": "x" * 8_000_000}


def _by_requests(http_client: HttpClient, body: Any) -> HttpResponse:
    return http_client.request("POST", "/2/tweets", write=True, json=body)


def _by_tweepy(http_client: HttpClient, body: Any) -> HttpResponse:
    client = tweepy.Client(
        consumer_key="k", consumer_secret="s", access_token="1-t", access_token_secret="ts"
    )
    client.session = http_client.session
    with map_errors(write=True):
        return http_client.request_through(
            lambda: client.request("POST", "/2/tweets", json=body, user_auth=True)
        )


@pytest.fixture(params=[_by_requests, _by_tweepy], ids=["requests", "tweepy"])
def send(request: pytest.FixtureRequest) -> Send:
    chosen: Send = request.param
    return chosen


@pytest.fixture(params=[False, True], ids=["fresh", "reused"])
def reused(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def stop_event() -> Iterator[threading.Event]:
    """Ends what a server was told to do for ever."""
    event = threading.Event()
    yield event
    event.set()


def _http_client(server: RawServer, **options: Any) -> HttpClient:
    options.setdefault("deadline", 15 * SECOND)
    return HttpClient(server.url, signed_for="https://api.twitter.com", **options)


def _fails(
    step: Step, send: Send, *, reused: bool, body: Any = None, deadline: float = 15 * SECOND
) -> ChannelError:
    """The error of one write whose connection is treated as ``step`` says."""
    steps = [answers(), step] if reused else [step]
    with RawServer(*steps) as server, _http_client(server, deadline=deadline) as wire:
        if reused:
            assert send(wire, {}).is_success
        with pytest.raises(ChannelError) as caught:
            send(wire, body or {"text": "halo"})
        assert server.connections == 1
    return caught.value


def test_a_whole_answer_is_read_whatever_its_status(send: Send, reused: bool) -> None:
    refusal = b'HTTP/1.1 403 Forbidden\r\nContent-Length: 14\r\n\r\n{"detail":"x"}'
    with RawServer(answers(), answers(refusal)) as server, _http_client(server) as wire:
        assert send(wire, {}).get("id") == "42"
        if not reused:
            wire.close()
        answer = send(wire, {"text": "halo"})
        assert (answer.status, answer.is_success, answer.get("detail")) == (403, False, "x")
        assert server.connections == (1 if reused else 2)


def test_cut_in_mid_body_is_unknown(send: Send, reused: bool) -> None:
    error = _fails(cuts_in_mid_body, send, reused=reused, body=_LARGE)
    assert (type(error), error.code) == (UnknownOutcome, "dropped")


def test_reset_after_the_whole_request_is_unknown(send: Send, reused: bool) -> None:
    error = _fails(resets_after_request, send, reused=reused)
    assert (type(error), error.code) == (UnknownOutcome, "dropped")


@pytest.mark.parametrize("half", [b"", OK[:20], OK[:60], OK[:-4]], ids=["none", "line", "head", "body"])
def test_half_an_answer_is_unknown(send: Send, reused: bool, half: bytes) -> None:
    assert type(_fails(then_closes(half), send, reused=reused)) is UnknownOutcome


def test_silence_ends_at_the_deadline(send: Send, reused: bool, stop_event: threading.Event) -> None:
    started = time.monotonic()
    error = _fails(hangs(stop_event), send, reused=reused, deadline=SHORT)
    assert (type(error), error.code) == (UnknownOutcome, "timeout")
    assert time.monotonic() - started < REQUEST_SECONDS, "its own deadline, not the usual one"


@pytest.mark.parametrize("prefix", [b"", OK[:30]], ids=["head", "line"])
def test_a_slow_answer_ends_at_the_deadline(
    send: Send, reused: bool, stop_event: threading.Event, prefix: bytes
) -> None:
    started = time.monotonic()
    slow = OK.replace(b"11\r\n\r\n", b"9999\r\n\r\n") + b" " * 9999
    error = _fails(trickles(slow, stop_event), send, reused=reused, deadline=SHORT)
    assert (type(error), error.code) == (UnknownOutcome, "timeout")
    assert time.monotonic() - started < REQUEST_SECONDS, "its own deadline, not the usual one"


def test_a_request_that_is_not_taken_ends_at_the_deadline(stop_event: threading.Event) -> None:
    def wait_without_reading(sock: socket.socket) -> bool:
        stop_event.wait(60 * SECOND)
        return False

    def send(http_client: HttpClient, body: Any) -> HttpResponse:
        return http_client.request("POST", "/", write=True, json=body, deadline=SHORT)

    error = _fails(wait_without_reading, send, reused=False, body=_LARGE)
    assert (type(error), error.code) == (UnknownOutcome, "timeout")


def test_a_port_without_listener_is_transient(send: Send) -> None:
    with RawServer() as server:
        wire = _http_client(server)
    with wire, pytest.raises(Transient, match="refused"):
        send(wire, {})


def test_a_name_that_does_not_exist_is_transient(send: Send) -> None:
    wire = HttpClient("http://nowhere.invalid", signed_for="https://api.twitter.com")
    with wire, pytest.raises(Transient, match="dns"):
        send(wire, {})


def test_a_full_backlog_is_transient_at_the_deadline(send: Send) -> None:
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = listener.getsockname()
    waiting = [socket.socket() for _ in range(4)]
    for sock in waiting:
        sock.setblocking(False)
        sock.connect_ex(address)
    started = time.monotonic()
    wire = HttpClient(f"http://127.0.0.1:{address[1]}", signed_for="https://api.twitter.com", deadline=SHORT)
    with wire, pytest.raises(Transient, match="timeout"):
        send(wire, {})
    assert time.monotonic() - started < CONNECT_SECONDS, "sooner than a connection may take elsewhere"
    for sock in [listener, *waiting]:
        sock.close()


def test_a_connection_closed_while_idle_is_not_used_again(send: Send) -> None:
    with RawServer(then_closes(OK), answers()) as server, _http_client(server) as wire:
        assert send(wire, {}).is_success
        _until_closed(wire)
        assert send(wire, {}).is_success
        assert server.connections == 2


def _until_closed(http_client: HttpClient) -> None:
    """The kernel has heard that the server closed the idle connection."""
    pool = next(iter(http_client.adapter.poolmanager.pools._container.values()))
    connection = pool.pool.queue[-1]
    deadline = time.monotonic() + 15 * SECOND
    while connection.sock is not None and connection.is_connected and time.monotonic() < deadline:
        time.sleep(0.005)


def test_when_the_very_first_write_fails_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, PlainSocket() as sock:
        sock.connect(listener.getsockname())
        reset(listener.accept()[0])
        _until_reset(sock)
        exchange = HttpExchange(15 * SECOND, time.monotonic)
        exchange.mark_connected()
        with use_exchange(exchange), pytest.raises(OSError):
            sock.sendall(b"POST / HTTP/1.1\r\n")
        assert not exchange.is_possibly_sent


def test_one_byte_with_the_kernel_counts_as_sent() -> None:
    near, far = socket.socketpair()
    with far, PlainSocket(fileno=near.detach()) as sock:
        exchange = HttpExchange(1.0 * SECOND, time.monotonic)
        exchange.mark_connected()
        with use_exchange(exchange), pytest.raises(TimeoutError):
            sock.sendall(b"x" * 50_000_000)
        assert exchange.is_possibly_sent


def _until_reset(sock: socket.socket) -> None:
    sock.settimeout(15 * SECOND)
    with pytest.raises(ConnectionResetError):
        sock.recv(1)


def test_an_unknown_transport_counts_as_sent() -> None:
    assert HttpExchange(1.0, time.monotonic).is_possibly_sent


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(send: Send, status: int) -> None:
    with RawServer(answers()) as elsewhere:
        to = f"HTTP/1.1 {status} Go\r\nLocation: {elsewhere.url}/2/tweets\r\nContent-Length: 0\r\n\r\n"
        with RawServer(answers(to.encode())) as server, _http_client(server) as wire:
            assert send(wire, {"text": "halo"}).status == status
            assert (server.connections, elsewhere.connections) == (1, 0)


def test_a_read_that_was_cut_is_transient() -> None:
    with RawServer(resets_after_request) as server, _http_client(server) as wire, pytest.raises(Transient):
        wire.request("GET", "/2/users/me", write=False)


def test_no_more_of_a_body_is_read_than_the_cap(send: Send) -> None:
    bomb = gzip.compress(b" " * (20 * MAX_BODY_BYTES))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with RawServer(answers(head + bomb), answers()) as server, _http_client(server) as wire:
        answer = send(wire, {})
        assert (len(answer.text), answer.json) == (MAX_BODY_BYTES, None)
        assert send(wire, {}).is_success


@pytest.mark.parametrize("body", [b"", b"<html>masuk</html>", b"[" * 100_000, b'{"a":', b'"a"', b"\xff\xfe"])
def test_what_is_not_json_is_none(send: Send, body: bytes) -> None:
    reply = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
    with RawServer(answers(reply)) as server, _http_client(server) as wire, map_errors(write=False):
        assert wire.request("GET", "/", write=False).json is None


def test_json_counts_whatever_it_calls_itself() -> None:
    reply = OK.replace(b"application/json", b"text/javascript")
    with RawServer(answers(reply)) as server, _http_client(server) as wire:
        assert wire.request("GET", "/", write=False).json == {"id": "42"}


def test_an_upload_gets_a_second_more_for_every_64_kib(stop_event: threading.Event) -> None:
    def slowly(sock: socket.socket) -> bool:
        stop_event.wait(0.5)
        return answers()(sock)

    with RawServer(slowly, slowly) as server, _http_client(server, deadline=0.2) as wire:
        assert wire.request("POST", "/upload", write=False, data=b"x" * (512 * 1024)).is_success
        with pytest.raises(Transient, match="timeout"):
            wire.request("POST", "/upload", write=False, data=b"x" * 1024)


def test_our_own_slip_is_unknown_on_a_write_and_transient_elsewhere() -> None:
    with pytest.raises(UnknownOutcome, match="unreadable-answer: KeyError"), map_errors(write=True):
        raise KeyError("id")
    with pytest.raises(Transient, match="unreadable-answer"), map_errors(write=False):
        raise KeyError("id")


def test_an_error_contains_no_secret_and_no_address(send: Send) -> None:
    with RawServer() as server:
        wire = HttpClient(server.url, secrets=["hush-hush"], signed_for="https://api.twitter.com")
    with wire, pytest.raises(Transient) as caught:
        wire.request("GET", "/x?access_token=hush-hush", write=False)
    chain = [caught.value, caught.value.__cause__]
    assert not any("hush" in str(link) or "/x" in str(link) for link in chain)


def test_cookies_are_not_kept(send: Send) -> None:
    reply = OK.replace(b"\r\n\r\n", b"\r\nSet-Cookie: guest=1; Path=/\r\n\r\n")
    heads: list[bytes] = []

    def notes(sock: socket.socket) -> bool:
        heads.append(read_all(sock))
        sock.sendall(OK)
        return True

    with RawServer(answers(reply), notes) as server, _http_client(server) as wire:
        send(wire, {})
        send(wire, {})
    assert b"cookie" not in heads[0].lower()
