"""Structured logs: one JSON document per line on standard output, as the server writes them."""

import sys
import time

import msgspec

from model_fetcher.redaction import redact_value


def write(level: str, message: str, **fields: object) -> None:
    """Log one line; what is known about the matter goes into fields of its own."""
    now = time.time()
    moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now))
    # Whatever has come into the text: this is where it leaves the process.
    told = {name: redact_value(value) for name, value in {"message": message, **fields}.items()}
    document = {"time": f"{moment}.{int(now % 1 * 1000):03d}Z", "level": level, **told}
    sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    sys.stdout.flush()
