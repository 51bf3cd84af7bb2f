"""Structured logs: one JSON document per line on standard output, as the server writes them."""

import sys
import time

import msgspec


def write(level: str, message: str, **fields: object) -> None:
    """Log one line; what is known about the matter goes into fields of its own."""
    now = time.time()
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    document = {"time": f"{moment}.{int(now % 1 * 1000):03d}Z", "level": level, "message": message, **fields}
    sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    sys.stdout.flush()
