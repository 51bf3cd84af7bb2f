"""A server that is told to end under load answers every request that reaches it.

Its clients are those of a Kubernetes service: some keep their connection, some take a new one each time, and
all go on sending until the server has been taken out of rotation, which its readiness tells. That may take
this machine a while, so the server is told when it is done.

`pytest serving/tests/test_sigterm_under_load.py --terminations=100` is the long form.
"""

import http.client
import json
import random
import signal
import threading
import time

DELAY = 600
CLIENTS_OF_A_KIND = 3
READINESS_PERIOD = 0.05


class Rotation:
    """Servers as a load balancer sees them: asked for their readiness time and again."""

    def __init__(self, server):
        self.server = server
        self.ready = True
        self._watching = threading.Thread(target=self._watch)
        self._watching.start()

    def _watch(self) -> None:
        try:
            while self.server.get("/v2/health/ready").status == 200:
                time.sleep(READINESS_PERIOD)
        finally:
            self.ready = False

    def join(self) -> None:
        self._watching.join()


class Client(threading.Thread):
    """Asks as long as the server is in rotation; keeps what went wrong."""

    def __init__(self, rotation: Rotation, body: bytes, expected: bytes, keeps: bool):
        super().__init__()
        self.answered = 0
        self.problems: list[str] = []
        self._rotation = rotation
        self._body = body
        self._expected = expected
        self._keeps = keeps
        self._connection: http.client.HTTPConnection | None = None

    def run(self) -> None:
        while self._rotation.ready:
            try:
                self._ask()
            except (OSError, http.client.HTTPException) as problem:
                self.problems.append(repr(problem))
                self._connection = None
        if self._connection:
            self._connection.close()

    def _ask(self) -> None:
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._rotation.server.port, timeout=20)
        headers = {} if self._keeps else {"connection": "close"}
        self._connection.request("POST", "/predict", self._body, headers)
        response = self._connection.getresponse()
        content = response.read()
        if (response.status, content) != (200, self._expected):
            self.problems.append(f"{response.status} {content!r}")
        self.answered += 1
        # As every client does, when the server asks for it.
        if response.headers.get("connection") == "close":
            self._connection.close()
            self._connection = None


def end_under_load(launch, model, golden, wait: float) -> int:
    server = launch(model, shutdown_delay=DELAY, drain_timeout=5)
    body = json.dumps({"features": golden["features"][0]}).encode()
    expected = b'{"prediction":%d}' % golden["predictions"][0]
    rotation = Rotation(server)
    clients = [
        Client(rotation, body, expected, keeps) for keeps in (True, False) for _ in range(CLIENTS_OF_A_KIND)
    ]
    for client in clients:
        client.start()
    while not all(client.answered or client.problems for client in clients):
        time.sleep(0.01)
    time.sleep(wait)
    server.process.send_signal(signal.SIGTERM)
    for thread in (rotation, *clients):
        thread.join()
    assert [problem for client in clients for problem in client.problems] == []
    assert all(client.answered for client in clients)
    # A second signal skips the rest of the delay.
    assert server.stop() == 0
    assert json.loads(list(server.process.stdout)[-1])["message"] == "stopped"
    return sum(client.answered for client in clients)


def test_no_request_fails(request, breast_cancer, golden, launch):
    chance, answered = random.Random(6), 0
    times = request.config.getoption("terminations")
    for _ in range(times):
        answered += end_under_load(launch, breast_cancer, golden, chance.uniform(0.1, 0.5))
    print(f"{answered} requests answered, none failed, by servers that were ended {times} times")
