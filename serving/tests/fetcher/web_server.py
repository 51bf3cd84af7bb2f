"""A web server that behaves as badly as a test tells it to."""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.fetcher.process import MODEL

ETAG = '"one"'


class Exchange(BaseHTTPRequestHandler):
    """One request. What answers it is a function that may use the methods below."""

    protocol_version = "HTTP/1.1"
    server: "WebServer"

    def do_GET(self) -> None:
        self.close_connection = True
        with self.server.lock:
            number = len(self.server.requests)
            self.server.requests.append(dict(self.headers) | {"path": self.path})
            answers = self.server.answers
            answer = answers[min(number, len(answers) - 1)]
        answer(self)

    def log_message(self, *_: object) -> None:
        pass

    def send_head(self, status: int, headers: dict[str, object]) -> None:
        self.send_response_only(status)
        for name, value in {"Connection": "close", **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()

    def reset(self) -> None:
        """End the connection as a crashing server does; what the client has not read yet is lost, too."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


Answer = Callable[[Exchange], None]


class WebServer(ThreadingHTTPServer):
    """Answers the first request with the first answer, and so on; the last one serves for all that follow."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.lock = threading.Lock()
        self.requests: list[dict] = []
        self.answers: list[Answer] = [whole()]
        self.ending = threading.Event()
        self.scheme = "http"
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def use_tls(self, certificate: Path, key: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.scheme = "https"

    def handle_error(self, *_: object) -> None:
        pass

    def url(self, path: str = "/models/model.ubj") -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}{path}"

    def stop(self) -> None:
        self.ending.set()
        self.shutdown()
        self.server_close()


def whole(content: bytes = MODEL, *, length: int | None = None, **headers: object) -> Answer:
    """The whole file, whatever range was asked for. `length` is what it claims to be."""

    def answer(exchange: Exchange) -> None:
        announced = len(content) if length is None else length
        exchange.send_head(200, {"Content-Length": announced, **headers})
        exchange.wfile.write(content)

    return answer


def ranged(content: bytes = MODEL, *, tag: str = ETAG, only: int | None = None, **headers: object) -> Answer:
    """The file from the asked offset on, if it is the asked version; `only` so many bytes, then the end."""

    def answer(exchange: Exchange) -> None:
        match = re.fullmatch(r"bytes=(\d+)-", exchange.headers.get("Range", ""))
        start = int(match[1]) if match and exchange.headers.get("If-Range") == tag else 0
        rest = content[start:]
        range_header = {"Content-Range": f"bytes {start}-{len(content) - 1}/{len(content)}"} if start else {}
        exchange.send_head(
            206 if start else 200, {"Content-Length": len(rest), "ETag": tag, **range_header, **headers}
        )
        exchange.wfile.write(rest if only is None else rest[:only])

    return answer


def chunked(content: bytes = MODEL, *, only: int | None = None) -> Answer:
    """The file in chunks, its length unknown until the end; `only` so many bytes, then the end."""

    def answer(exchange: Exchange) -> None:
        exchange.send_head(200, {"Transfer-Encoding": "chunked", "ETag": ETAG})
        sent = content if only is None else content[:only]
        for start in range(0, len(sent), 50_000):
            piece = sent[start : start + 50_000]
            exchange.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if only is None:
            exchange.wfile.write(b"0\r\n\r\n")

    return answer


def status(code: int, **headers: object) -> Answer:
    return lambda exchange: exchange.send_head(code, {"Content-Length": 0, **headers})


def redirect(location: str) -> Answer:
    return status(302, Location=location)


def silence(content: bytes = MODEL, *, after: int) -> Answer:
    """So many bytes, then nothing more, with the connection left open."""

    def answer(exchange: Exchange) -> None:
        exchange.send_head(200, {"Content-Length": len(content), "ETag": ETAG})
        exchange.wfile.write(content[:after])
        exchange.server.ending.wait(60)

    return answer


def trickle(content: bytes = MODEL) -> Answer:
    """A byte every 50 ms: never stalled, never finished."""

    def answer(exchange: Exchange) -> None:
        exchange.send_head(200, {"Content-Length": len(content)})
        for byte in content:
            if exchange.server.ending.wait(0.05):
                return
            exchange.wfile.write(bytes([byte]))

    return answer


def crash() -> Answer:
    """No answer at all: the connection is reset."""
    return lambda exchange: exchange.reset()
