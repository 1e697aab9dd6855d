"""The three simulated platforms on one loopback port.

``Sandbox`` is for tests, ``serve`` for the command.
"""

import json
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from humaspost.sandbox import instagram, whatsapp, x
from humaspost.sandbox.control import ControlEndpoints, Platform
from humaspost.sandbox.fault_transport import FaultProtocol, FaultTransport
from humaspost.sandbox.faults import FaultQueue
from humaspost.sandbox.media_host import MediaHost
from humaspost.sandbox.office import write_office
from humaspost.sandbox.page import PageEndpoints
from humaspost.sandbox.state import SandboxState

_PACKAGES = {"x": x, "instagram": instagram, "whatsapp": whatsapp}


class Sandbox:
    """A sandbox that runs within ``with``; ``url`` is its address, ``state`` its memory.

    The constructor binds the port (OSError if it is in use), so that clients can connect
    to ``url`` at once.
    """

    def __init__(self, *, port: int = 0, host: str = "127.0.0.1") -> None:
        # asyncio sets TCP_NODELAY only on a socket with an explicit IPPROTO_TCP; without it a response takes 40 ms.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((host, port))
        self._socket.listen(2048)
        self.url = f"http://{host}:{self._socket.getsockname()[1]}"
        self.state = SandboxState(base_url=self.url)
        self.faults = FaultQueue()
        self.platforms: dict[str, Platform] = {
            name: package.Platform(self.state) for name, package in _PACKAGES.items()
        }
        self._server = uvicorn.Server(self._uvicorn_config())
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)

    def config(self) -> dict[str, Any]:
        """Return the address and the demo credentials, as ``humaspost sandbox --json`` prints them."""
        accounts = {
            name: {"base_url": f"{self.url}/{name}", **platform.accounts}
            for name, platform in self.platforms.items()
        }
        return {"url": self.url, "pid": os.getpid(), "accounts": accounts}

    def __enter__(self) -> "Sandbox":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Cut hanging connections first: uvicorn logs a task that it must cancel as an error.
        self.cut()
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=10)
        self._socket.close()

    def cut(self) -> bool:
        """Cut every open connection; return True if no request was in progress."""
        state = self._server.server_state
        for connection in list(state.connections):
            connection.loop.call_soon_threadsafe(connection.transport.abort)
        return not state.connections and not state.tasks

    def _uvicorn_config(self) -> uvicorn.Config:
        routes: list[BaseRoute] = [route for platform in self.platforms.values() for route in platform.routes]
        options = {name: one for package in _PACKAGES.values() for name, one in package.OPTIONS.items()}
        routes += ControlEndpoints(self.state, self.faults, platforms=self.platforms, options=options).routes
        routes += MediaHost(self.state).routes + PageEndpoints(self.state).routes
        app = FaultTransport(Starlette(routes=routes), sandbox_state=self.state, faults=self.faults)
        return uvicorn.Config(
            app,
            http=FaultProtocol,
            ws="none",
            loop="asyncio",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
            timeout_keep_alive=75,
        )

    def _run(self) -> None:
        self._server.run(sockets=[self._socket])


def serve(
    *,
    port: int = 8900,
    office: Path | None = None,
    example: Path | None = None,
    as_json: bool = False,
) -> None:
    """Run the sandbox in the foreground until SIGINT or SIGTERM; ``office`` gets a ready office.

    Raise OSError for a port that is in use and ``office.NotDemoOffice`` for a folder that is
    not a demo office.
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Sandbox(port=port) as sandbox:
        if office:
            write_office(office, sandbox.config(), example=example)
        sys.stdout.write(_announcement(sandbox, office, as_json=as_json))
        sys.stdout.flush()
        stop.wait()


def _announcement(sandbox: Sandbox, office: Path | None, *, as_json: bool) -> str:
    if as_json:
        return json.dumps(sandbox.config()) + "\n"
    lines = [f"The pretend platforms are at {sandbox.url} (Ctrl-C ends them)."]
    lines += [f"An office that points at them is in {office}."] if office else []
    return "\n".join(lines) + "\n"
