"""slowhttptest's attacks: headers and bodies that take for ever, and ranges without end.

The server goes on answering others, and ends the slow ones.
"""

import json
import subprocess
import threading

import pytest

BODY = json.dumps({"features": [1.0] * 30}).encode()
CONNECTIONS = 100
# Seconds of the server, with which others on a busy machine are no slow clients as well.
TIMEOUT = 4
# Each with a second between what it sends, for longer than the server waits.
ATTACKS = {
    "headers (slowloris)": ("-H", "-i", "1", "-x", "10", "-t", "GET"),
    "bodies (R-U-Dead-Yet)": ("-B", "-i", "1", "-x", "10", "-s", "8192", "-t", "POST"),
    "ranges (Apache killer)": ("-R", "-a", "1", "-b", "3000"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_others_are_served_and_the_slow_ones_ended(breast_cancer, launch, attack):
    server = launch(
        breast_cancer,
        header_timeout=TIMEOUT,
        body_timeout=TIMEOUT,
        response_timeout=TIMEOUT,
        keep_alive_timeout=TIMEOUT,
    )
    server.ignore_log()
    statuses, over = [], threading.Event()

    def ask() -> None:
        while not over.is_set():
            statuses.append(server.post_bytes("/predict", BODY).status)
            over.wait(0.01)

    other = threading.Thread(target=ask)
    other.start()
    try:
        target = f"http://127.0.0.1:{server.port}/{'predict' if '-B' in ATTACKS[attack] else 'openapi.json'}"
        load = ("-c", str(CONNECTIONS), "-r", "100", "-l", "40", "-p", "10")
        attacked = subprocess.run(
            ["slowhttptest", *ATTACKS[attack], "-u", target, *load],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        ).stdout
    finally:
        over.set()
        other.join()
    assert "No open connections left" in attacked, attacked[-2000:]
    assert "service available:   NO" not in attacked
    assert len(statuses) > 10
    assert set(statuses) == {200}
