"""HTTP as bytes: what no client library would send, and the state of the connection after it."""

import json
import socket
from dataclasses import dataclass

from conftest import RunningServer

ROW = [1.0] * 30
BODY = json.dumps({"features": ROW}).encode()
POST = b"POST /predict HTTP/1.1\r\nhost: x\r\n"
LENGTH = b"content-length: %d\r\n" % len(BODY)
PROBE = b"GET /v2/health/live HTTP/1.1\r\nhost: x\r\n\r\n"


@dataclass
class Response:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.content)


class Wire:
    """A connection that the test writes to byte by byte."""

    def __init__(self, server: RunningServer):
        self._socket = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_) -> None:
        self._file.close()
        self._socket.close()

    def send(self, sent: bytes) -> None:
        self._socket.sendall(sent)

    def response(self, has_body: bool = True) -> Response | None:
        """The next one; None if the server has closed instead."""
        try:
            line = self._file.readline()
        except ConnectionResetError:
            return None
        if not line:
            return None
        version, status, _ = line.split(b" ", 2)
        assert version == b"HTTP/1.1"
        headers = {}
        while line := self._file.readline().strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        length = int(headers.get("content-length", 0)) if has_body else 0
        return Response(int(status), headers, self._file.read(length))

    def is_open(self) -> bool:
        """Whether one more request is answered, and by what was asked."""
        try:
            self.send(PROBE)
        except OSError:
            return False
        answer = self.response()
        if answer is None:
            return False
        assert (answer.status, answer.content) == (200, b'{"live":true}')
        return True
