"""Each ordered fault happens on the wire, on the media host: a PUT is the write, the stored file its effect."""

import signal
import socket
import subprocess
import sys
import time

import pytest
import requests

from humaspost.sandbox.faults import FAULT_DESCRIPTIONS, FAULT_FIELDS
from humaspost.sandbox.server import Sandbox
from tests.support.deadlines import SECOND


def order(http: requests.Session, sandbox: Sandbox, **fault: object) -> None:
    answer = http.post(f"{sandbox.url}/_sandbox/faults", json={"channel": "media", "method": "PUT", **fault})
    assert answer.status_code == 200, answer.text


def put(http: requests.Session, sandbox: Sandbox, *, timeout: float = 15 * SECOND) -> requests.Response:
    return http.put(f"{sandbox.url}/media/a.txt", data=b"words", timeout=timeout, allow_redirects=False)


def stored(sandbox: Sandbox) -> bool:
    return "a.txt" in sandbox.state.files


def last(sandbox: Sandbox) -> dict[str, object]:
    return sandbox.state.requests[-1]


def test_without_a_fault_all_is_well(http: requests.Session, sandbox: Sandbox) -> None:
    assert put(http, sandbox).status_code == 201
    assert stored(sandbox)
    assert (last(sandbox)["status"], last(sandbox)["fault"]) == (201, None)


@pytest.mark.parametrize(("fault", "acted"), [("drop-before", False), ("drop-after", True)])
def test_drop_closes_without_a_byte(
    http: requests.Session, sandbox: Sandbox, fault: str, acted: bool
) -> None:
    order(http, sandbox, fault=fault)
    with pytest.raises(requests.ConnectionError):
        put(http, sandbox)
    assert stored(sandbox) is acted
    assert (last(sandbox)["status"], last(sandbox)["fault"]) == (None, fault)
    assert put(http, sandbox).ok, "the count is used up"


@pytest.mark.parametrize(("fault", "acted"), [("drop-before", False), ("drop-after", True)])
def test_a_drop_can_be_a_reset(http: requests.Session, sandbox: Sandbox, fault: str, acted: bool) -> None:
    order(http, sandbox, fault=fault, reset=True)
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"PUT /media/a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwords")
        raw.settimeout(15 * SECOND)
        with pytest.raises(ConnectionResetError):
            raw.recv(1)
    assert stored(sandbox) is acted


def test_drop_before_receives_the_whole_request_and_answers_nothing(
    http: requests.Session, sandbox: Sandbox
) -> None:
    order(http, sandbox, fault="drop-before")
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"PUT /media/a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234")
        raw.settimeout(0.2)
        with pytest.raises(TimeoutError):
            raw.recv(1)
        raw.sendall(b"56789")
        raw.settimeout(15 * SECOND)
        assert raw.recv(1) == b"", "closed in peace, after the last byte, without one byte back"
    assert not stored(sandbox)


def test_drop_before_the_body_on_request(http: requests.Session, sandbox: Sandbox) -> None:
    order(http, sandbox, fault="drop-before", when="headers")
    with socket.create_connection(("127.0.0.1", int(sandbox.url.rpartition(":")[2]))) as raw:
        raw.sendall(b"PUT /media/a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
        raw.settimeout(15 * SECOND)
        assert raw.recv(1) == b""
    assert not stored(sandbox)


@pytest.mark.parametrize(("fault", "acted"), [("hang-before", False), ("hang-after", True)])
def test_hang_outlasts_the_client(http: requests.Session, sandbox: Sandbox, fault: str, acted: bool) -> None:
    order(http, sandbox, fault=fault)
    with pytest.raises(requests.Timeout):
        put(http, sandbox, timeout=0.15 * SECOND)
    assert stored(sandbox) is acted
    assert last(sandbox)["status"] is None


def test_hang_for_some_seconds_then_goes_well(http: requests.Session, sandbox: Sandbox) -> None:
    order(http, sandbox, fault="hang-before", seconds=0.2)
    begun = time.monotonic()
    assert put(http, sandbox).status_code == 201
    assert time.monotonic() - begun >= 0.2


@pytest.mark.parametrize("acted", [False, True])
def test_status_with_any_body_and_headers(http: requests.Session, sandbox: Sandbox, acted: bool) -> None:
    order(http, sandbox, fault="status", status=503, body={"a": 1}, headers={"Retry-After": "7"}, acted=acted)
    answer = put(http, sandbox)
    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (503, {"a": 1}, "7")
    assert stored(sandbox) is acted
    assert last(sandbox)["status"] == 503


def test_status_with_html(http: requests.Session, sandbox: Sandbox) -> None:
    order(http, sandbox, fault="status", status=502, body="<h1>Bad gateway</h1>")
    answer = put(http, sandbox)
    assert (answer.status_code, answer.text) == (502, "<h1>Bad gateway</h1>")
    assert answer.headers["content-type"].startswith("text/html")
    assert not stored(sandbox), "unless told, a status fault does not act"


@pytest.mark.parametrize(("headers", "where"), [({}, "/media/a.txt"), ({"Location": "/media/b"}, "/media/b")])
def test_redirect(http: requests.Session, sandbox: Sandbox, headers: dict[str, str], where: str) -> None:
    order(http, sandbox, fault="redirect", headers=headers)
    answer = put(http, sandbox)
    assert (answer.status_code, answer.headers["location"]) == (307, where)
    assert not stored(sandbox)


def test_garbage_and_empty_answers_come_after_acting(http: requests.Session, sandbox: Sandbox) -> None:
    order(http, sandbox, fault="garbage")
    order(http, sandbox, fault="empty-2xx", status=200)
    order(http, sandbox, fault="empty-2xx")
    garbage, empty = put(http, sandbox), put(http, sandbox)
    http.delete(f"{sandbox.url}/media/a.txt")
    plain = put(http, sandbox)
    with pytest.raises(requests.JSONDecodeError):
        garbage.json()
    assert (empty.status_code, empty.content) == (200, b"")
    assert (garbage.status_code, plain.status_code) == (201, 201), "without a status: the platform's own"
    assert stored(sandbox)


def test_an_empty_2xx_is_one_even_where_the_platform_refuses(
    http: requests.Session, sandbox: Sandbox
) -> None:
    order(http, sandbox, fault="empty-2xx", method="*")
    answer = http.get(f"{sandbox.url}/media/none")
    assert (answer.status_code, answer.content) == (200, b"")


def test_slow_sends_a_byte_at_a_time(http: requests.Session, sandbox: Sandbox) -> None:
    put(http, sandbox)
    order(http, sandbox, fault="slow", seconds=0.5, method="GET")
    begun = time.monotonic()
    assert http.get(f"{sandbox.url}/media/a.txt", timeout=15 * SECOND).content == b"words"
    assert time.monotonic() - begun >= 0.4, "the last byte comes late"
    http.put(f"{sandbox.url}/media/long.txt", data=b"x" * 50_000)
    order(http, sandbox, fault="slow", seconds=500 * SECOND, method="GET")
    with http.get(f"{sandbox.url}/media/long.txt", stream=True, timeout=15 * SECOND) as answer:
        assert next(answer.iter_content(1)) == b"x", "the first one early"


@pytest.mark.parametrize(("fault", "acted"), [("kill-client-before", False), ("kill-client-after", True)])
def test_kill_client(http: requests.Session, sandbox: Sandbox, fault: str, acted: bool) -> None:
    program = (
        "import sys, http.client; c = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]));"
        "sys.stdin.readline(); c.request('PUT', '/media/a.txt', b'words'); c.getresponse()"
    )
    port = sandbox.url.rpartition(":")[2]
    client = subprocess.Popen([sys.executable, "-c", program, port], stdin=subprocess.PIPE)
    order(http, sandbox, fault=fault, pid=client.pid)
    client.communicate(b"\n", timeout=20 * SECOND)
    assert client.returncode == -signal.SIGKILL
    assert stored(sandbox) is acted


def test_orders_are_met_in_order_and_by_what_they_name(http: requests.Session, sandbox: Sandbox) -> None:
    order(http, sandbox, fault="status", status=500, count=2, path=r"/a\.txt$")
    order(http, sandbox, fault="status", status=501, path=r"/b\.txt$")
    order(http, sandbox, fault="status", status=502, channel="x")
    order(http, sandbox, fault="status", status=503, channel="*")
    assert [put(http, sandbox).status_code for _ in range(3)] == [500, 500, 201]
    assert len(http.delete(f"{sandbox.url}/_sandbox/faults").json()["faults"]) == 0


def test_skip_lets_the_first_ones_go_well(http: requests.Session, sandbox: Sandbox) -> None:
    order(http, sandbox, fault="status", status=503, skip=2, count=2)
    assert [put(http, sandbox).ok for _ in range(5)] == [True, True, False, False, True]


def test_probability_falls_on_some(http: requests.Session, sandbox: Sandbox) -> None:
    order(http, sandbox, fault="status", status=500, probability=0.5)
    seen = [put(http, sandbox).status_code for _ in range(60)]
    assert 10 < seen.count(500) < 50


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"fault": "explode"}, "there is no fault 'explode'"),
        ({"fault": "drop-before", "cuont": 1}, "cuont"),
        ({"fault": "drop-before", "path": "("}, "not a regular expression"),
        ({"fault": "drop-before", "status": 500}, "drop-before takes no status"),
        ({"fault": "status"}, "status needs status"),
        ({"fault": "kill-client-after"}, "kill-client-after needs pid"),
        ({"fault": "lag"}, "lag needs seconds"),
        ({"fault": "drop-before", "count": 0}, "count"),
        ({"fault": "kill-client-after", "pid": 1}, "pid"),
        ([{"fault": "drop-before"}, 7], "fault"),
    ],
)
def test_a_senseless_order_is_refused(
    http: requests.Session, sandbox: Sandbox, fault: object, reason: str
) -> None:
    answer = http.post(f"{sandbox.url}/_sandbox/faults", json=fault)
    assert answer.status_code == 400
    assert reason in answer.json()["error"]
    assert http.get(f"{sandbox.url}/_sandbox/faults").json() == {"faults": []}


def test_every_fault_does_what_it_promises() -> None:
    assert FAULT_DESCRIPTIONS.keys() == FAULT_FIELDS.keys()
