"""Stands between the server and Feast: counts, delays, breaks off and changes what Feast has answered."""

import json
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

# Seconds.
TIMEOUT = 60

Change = Callable[[dict], object]


def other_entities(document: dict) -> None:
    """An answer to somebody else's question."""
    names = document["metadata"]["feature_names"]
    document["results"][names.index("wine_id")]["values"][0] = 7


class Between:
    """An HTTP server whose behaviour a test sets from one request to the next."""

    def __init__(
        self,
        feast_url: str,
        certificate: tuple[Path, Path] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ):
        # Who does not bring it is turned away; empty: nobody is.
        self.token = ""
        self.delay = 0.0
        # Cleared: no answer leaves until it is set again.
        self.answers = threading.Event()
        self.answers.set()
        # Changes the document, or returns another one, or the body as bytes.
        self.change: Change | None = None
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        # Close the connection in the middle of the answer, or after it without having said so.
        self.breaks_off = False
        self.hangs_up = False
        self.questions: list[tuple[dict, dict]] = []
        self.connections = 0
        self._feast_url = feast_url
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Head and body leave together: no waiting for an acknowledgement between them.
            wbufsize = -1
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                between.connections += 1

            def do_POST(self) -> None:
                between._answer(self)

            def log_message(self, *_arguments) -> None:
                pass

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "https" if certificate else "http"
        self.port = self._server.server_port
        self.url = f"{scheme}://{host}:{self.port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        question = handler.rfile.read(int(handler.headers["content-length"]))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.questions.append((headers, json.loads(question)))
        if self.token and headers.get("authorization") != f"Bearer {self.token}":
            status, body = 401, b"{}"
        else:
            status, body = self._from_feast(handler.path, question)
        if self.change:
            document = json.loads(body)
            changed = self.change(document)
            changed = document if changed is None else changed
            body = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        time.sleep(self.delay)
        self.answers.wait(TIMEOUT)
        handler.send_response(self.status or status)
        for name, value in {"content-length": str(len(body)), **self.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body[: len(body) // 2] if self.breaks_off else body)
        handler.close_connection = self.breaks_off or self.hangs_up

    def _from_feast(self, path: str, question: bytes) -> tuple[int, bytes]:
        request = urllib.request.Request(
            self._feast_url + path, question, {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
