"""Whatever a platform answers, each call of a session ends in a result of its own or in one of the six errors."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from humaspost.channels.registry import load_channel
from humaspost.model.channel import Ready
from humaspost.model.delivery import Receipt, Recipient
from humaspost.model.errors import AnyChannelError
from humaspost.model.rendition import Fallback, Part
from humaspost.sandbox.server import Sandbox
from tests.support.channel_context import SandboxContext, attempted, jpeg
from tests.support.examples import examples

_NAMES = ["data", "id", "error", "errors", "code", "message", "media_id", "status", "status_code", "username"]
_NAMES += [
    "messages",
    "processing_info",
    "state",
    "meta",
    "paging",
    "cursors",
    "next_token",
    "text",
    "entities",
]
_NAMES += [
    "created_at",
    "user_id",
    "expires_in",
    "templates",
    "components",
    "quota_usage",
    "config",
    "check_after_secs",
]
_leaf = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(
        ["", "1", "ok", "FINISHED", "@kotacontoh", "\ud800", "\x00", "9" * 400, "2026-13-45T99:00:00Z"]
    ),
)
json_values = st.recursive(
    _leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_NAMES), inner, max_size=5),
    max_leaves=20,
)
answers = st.tuples(
    st.sampled_from([200, 200, 200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 503]),
    st.one_of(json_values.map(lambda shape: json.dumps(shape).encode()), st.binary(max_size=40)),
    st.sampled_from(["", "-1", "1e9", "99999999999999999999", "Thu, 99 Foo", "\x7f", "{}", "[[["]),
)
CONFIGS: dict[str, dict[str, Any]] = {
    "x": {"handle": "@kotacontoh"},
    "instagram": {"user_id": "17841400000000000"},
    "whatsapp": {"phone_number_id": "106540352242922", "business_account_id": "102290129340398"},
}
PERSON = Recipient("r1", "+6281200000001")


class _FuzzedServer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    status, body, header = 200, b"", ""

    def _respond(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response_only(self.status)
        for name in (
            "retry-after",
            "x-rate-limit-reset",
            "x-user-limit-24hour-reset",
            "x-business-use-case-usage",
        ):
            self.send_header(name, self.header)
        self.send_header("Content-Length", str(0 if self.status == 204 else len(self.body)))
        self.end_headers()
        if self.status != 204:
            self.wfile.write(self.body)

    do_GET = do_POST = do_PUT = do_DELETE = _respond  # noqa: N815

    def log_message(self, *_args: Any) -> None:
        return


@pytest.fixture(scope="module")
def fuzzed_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _FuzzedServer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture(scope="module")
def session_calls(
    fuzzed_server: str, stack: ExitStack, running_sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, list[Callable[[], object]]]:
    """Every call of every channel's session."""
    folder: Path = tmp_path_factory.mktemp("media")
    secrets = dict.fromkeys(
        ("api_key", "api_key_secret", "access_token", "access_token_secret"), "canary-value"
    )
    found = {}
    for name, values in CONFIGS.items():
        context = SandboxContext(running_sandbox, folder, dict(secrets))
        the = load_channel(name)
        session = stack.enter_context(the.open(the.Config(**values, base_url=fuzzed_server), context))
        fallback = Fallback("pengumuman", "id", ("a", "b", "c"), False)
        part = Part(
            1, "Halo.", (context.add(jpeg()),), {"format": "feed"} if name == "instagram" else {}, fallback
        )
        found[name] = _session_calls(
            session, part, to=PERSON if name == "whatsapp" else None, now=context.now()
        )
    return found


def _session_calls(session: Any, part: Part, *, to: Recipient | None, now: Any) -> list[Callable[[], object]]:
    ready = Ready({"media": ["1"], "container": "1", "children": [], "ids": ["1"], "id": "1"})
    receipt = Receipt("1", now)
    return [
        session.whoami,
        session.fetch_status,
        lambda: session.prepare(part, None),
        lambda: session.publish(part, ready, key="hp1:k:1", to=to, reply_to=None),
        lambda: session.find(attempted(part, ready), to=to),
        lambda: session.read_back(receipt),
        lambda: session.retract(receipt),
    ]


@pytest.mark.parametrize("name", CONFIGS)
@examples(
    8,
    25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(answer=answers)
def test_only_the_six(
    session_calls: dict[str, list[Callable[[], object]]], name: str, answer: tuple[int, bytes, str]
) -> None:
    _FuzzedServer.status, _FuzzedServer.body, _FuzzedServer.header = answer
    for call in session_calls[name]:
        error = _raised(call)
        assert error is None or isinstance(error, AnyChannelError), (answer, error)
        assert "canary-value" not in str(error)


def _raised(call: Callable[[], object]) -> BaseException | None:
    try:
        call()
    except Exception as error:
        return error
    return None
