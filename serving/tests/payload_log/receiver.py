"""A receiver of CloudEvents whose behaviour a test sets; what arrives is read by the official SDK."""

import json
import socket
import ssl
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cloudevents.core.bindings.http import HTTPMessage, from_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from tests.ports import free_port

REQUEST = "org.kubeflow.serving.inference.request"
RESPONSE = "org.kubeflow.serving.inference.response"
BATCH = "application/cloudevents-batch+json"
WAIT = 60


@dataclass
class Delivery:
    """One POST."""

    path: str
    headers: dict[str, str]
    body: bytes
    events: list[CloudEvent]
    # The body, if it is one event's.
    data: bytes


class Receiver:
    """Takes deliveries on a port that it keeps while it is away."""

    def __init__(self, certificate: tuple[Path, Path] | None = None):
        self.status = 202
        # As many first deliveries are answered with this status instead.
        self.failures: list[int] = []
        self.delay = 0.0
        self.answer = b""
        self.answer_headers: dict[str, str] = {}
        # Close the connection after an answer without having said so.
        self.hangs_up = False
        # What is sent instead of an answer.
        self.raw: bytes | None = None
        self.deliveries: list[Delivery] = []
        self.refused = 0
        self.connections = 0
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._certificate = certificate
        self._server: ThreadingHTTPServer | None = None
        self.port = free_port()
        self.url = f"{'https' if certificate else 'http'}://127.0.0.1:{self.port}/events"

    def start(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                receiver.connections += 1
                receiver._open.add(self.connection)

            def finish(self) -> None:
                receiver._open.discard(self.connection)
                super().finish()

            def do_POST(self) -> None:
                receiver._answer(self)

            def log_message(self, *_arguments) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_arguments) -> None:
                pass

        self._server = Server(("127.0.0.1", self.port), Handler)
        if self._certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*self._certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """As if it were killed: what is open breaks off."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @property
    def events(self) -> list[CloudEvent]:
        with self._lock:
            return [event for delivery in self.deliveries for event in delivery.events]

    def wait_for(self, number: int) -> list[CloudEvent]:
        """The events, once there are as many."""
        deadline = time.monotonic() + WAIT
        while len(self.events) < number:
            assert time.monotonic() < deadline, f"{len(self.events)} of {number} events arrived"
            time.sleep(0.01)
        return self.events

    def of(self, request_id: str, kind: str) -> CloudEvent:
        """The one event of this kind about a request."""
        (event,) = [
            event for event in self.events if (event.get_id(), event.get_type()) == (request_id, kind)
        ]
        return event

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["content-length"]))
        time.sleep(self.delay)
        with self._lock:
            status = self.failures.pop(0) if self.failures else self.status
            if status < 300:
                headers = {name.lower(): value for name, value in handler.headers.items()}
                self.deliveries.append(Delivery(handler.path, headers, body, read(headers, body), body))
            else:
                self.refused += 1
        if self.raw is not None:
            handler.wfile.write(self.raw)
            handler.close_connection = True
            return
        handler.send_response(status)
        for name, value in {"content-length": str(len(self.answer)), **self.answer_headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(self.answer)
        handler.close_connection = self.hangs_up


def read(headers: dict[str, str], body: bytes) -> list[CloudEvent]:
    """The events of a delivery; one that is none raises an error."""
    if headers.get("content-type", "").startswith(BATCH):
        documents = json.loads(body)
        assert isinstance(documents, list)
        return [JSONFormat().read(CloudEvent, json.dumps(document)) for document in documents]
    return [from_binary(HTTPMessage(headers, body), JSONFormat(), CloudEvent)]
