"""What a large request has needed is there for the next one, and what many have needed is given back."""

import json
from pathlib import Path

from conftest import RunningServer

ROWS = {"instances": [[1 / 3] * 30] * 5000}
SMALL = {"features": [1.0] * 30}


def page_faults(server: RunningServer) -> int:
    """How often the server had to get a page of memory from the system."""
    stat = Path(f"/proc/{server.process.pid}/stat").read_text()
    return int(stat.rpartition(") ")[2].split()[7])


def resident_bytes(server: RunningServer) -> int:
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024


def test_large_requests_use_the_same_memory_again(breast_cancer, launch):
    server = launch(breast_cancer)
    body = json.dumps(ROWS).encode()
    for _ in range(5):
        assert server.post_bytes("/predict", body).status == 200
    before = page_faults(server)
    for _ in range(10):
        assert server.post_bytes("/predict", body).status == 200
    # The pages that one body alone fills, once more each time, would be thousands.
    assert page_faults(server) - before < 10 * len(body) // 4096


def test_what_is_kept_is_bounded(breast_cancer, launch):
    server = launch(breast_cancer)
    assert server.post("/predict", SMALL).status == 200
    at_rest = resident_bytes(server)
    for _ in range(20):
        assert server.post("/predict", ROWS).status == 200
    assert resident_bytes(server) - at_rest < 32 * 1024 * 1024
