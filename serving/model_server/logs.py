"""Structured logs: one JSON document per line on standard output."""

import logging
import sys
import time

import msgspec

# What a LogRecord has without `extra`; anything beyond is a field of ours.
STANDARD_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonFormatter(logging.Formatter):
    """Formats a record as JSON, the fields passed as `extra` at top level."""

    def __init__(self, common: dict):
        super().__init__()
        self.common = common

    def format(self, record: logging.LogRecord) -> str:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        document = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            **self.common,
        }
        document.update((name, value) for name, value in vars(record).items() if name not in STANDARD_FIELDS)
        if record.exc_info:
            document["exception"] = self.formatException(record.exc_info)
        return msgspec.json.encode(document).decode()


def configure(level: str, common: dict) -> None:
    """Send all logging of the process through the JSON formatter; `common` goes into every line."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter(common))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
