"""A server that accepts each message and answers in 20 ms: ``python -m benchmarks.stub``.

It supports just enough of WhatsApp for an account check. ``GET /count`` returns the number of
received messages.
"""

import asyncio
import json
import os
from typing import Any

DELAY = 0.02
_TEMPLATE = {
    "name": "pengumuman",
    "language": "id",
    "status": "APPROVED",
    "category": "UTILITY",
    "parameter_format": "POSITIONAL",
    "components": [
        {"type": "BODY", "text": "{{1}} {{2}} {{3}}.", "example": {"body_text": [["a", "b", "c"]]}}
    ],
}


class Stub(asyncio.Protocol):
    """A connection that answers its requests one after the other."""

    taken = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport of the new connection."""
        assert isinstance(transport, asyncio.Transport)
        self._transport, self._data = transport, b""

    def data_received(self, data: bytes) -> None:
        """Answer every complete request in the received bytes."""
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].decode("latin-1")
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:])
            whole = end + 4 + int(fields.get("content-length", "0"))
            if len(self._data) < whole:
                return
            self._data = self._data[whole:]
            self._answer(*head.split(" ", 2)[:2])

    def _answer(self, method: str, path: str) -> None:
        if method == "POST":
            Stub.taken += 1
            body = {"messaging_product": "whatsapp", "messages": [{"id": f"wamid.{Stub.taken:012}"}]}
            asyncio.get_running_loop().call_later(DELAY, self._write, body)
        else:
            self._write(_response_for(path))

    def _write(self, body: Any) -> None:
        content = json.dumps(body).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        self._transport.write(head.encode() + content)


def _response_for(path: str) -> Any:
    if path == "/count":
        return {"taken": Stub.taken}
    if "message_templates" in path:
        return {"data": [_TEMPLATE]}
    if "subscribed_apps" in path:
        return {"data": []}
    return {"id": "100", "display_phone_number": "+62 811-0000-99", "quality_rating": "GREEN"}


async def main() -> None:
    """Serve until the process is ended; print the address as the first line."""
    server = await asyncio.get_running_loop().create_server(Stub, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(json.dumps({"url": f"http://127.0.0.1:{port}", "pid": os.getpid()}), flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
