"""The web server, on one socket."""

import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

#: Requests at once; a platform tries again later when the server is full.
_MAX_CONNECTIONS = 200


def bind_socket(host: str, port: int) -> socket.socket:
    """Return a listening socket, so that clients can connect at once; raise OSError if in use."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on a socket whose protocol is TCP. Without it, every answer needs 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1024)
    except BaseException:
        listener.close()
        raise
    return listener


def serve(
    app: Starlette,
    listener: socket.socket,
    stop: threading.Event,
    *,
    on_started: Callable[[], None],
    check: Callable[[], None],
) -> None:
    """Answer requests until ``stop`` is set, then finish the current ones.

    ``check`` is called several times a second; what it raises ends the server too.
    """
    server = uvicorn.Server(_uvicorn_config(app))
    worker = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="web", daemon=True)
    worker.start()
    on_started()
    try:
        while worker.is_alive() and not stop.wait(0.2):
            check()
    finally:
        server.should_exit = True
        worker.join(timeout=15)
        listener.close()


def _uvicorn_config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="off",
        access_log=False,
        log_config=None,
        log_level="critical",
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=10,
    )
