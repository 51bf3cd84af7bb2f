"""Structured logs: one JSON document per line on standard output, and in a file if there is to be one."""

import logging
import sys
import time
from logging.handlers import RotatingFileHandler

import msgspec

from model_server.errors import StartError

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


class LogFile(RotatingFileHandler):
    """Two files of bounded size; what cannot be written there is on standard output all the same."""

    failed = False

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, the base class's name
        # Logged once: on a full disk every further line would say the same.
        if not self.failed:
            self.failed = True
            reason = str(sys.exc_info()[1])
            logging.getLogger(__name__).warning("cannot write the log file", extra={"reason": reason})


def open_file(path: str, max_bytes: int) -> LogFile:
    """Open the file that gets every line as well."""
    try:
        return LogFile(path, maxBytes=max_bytes, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise StartError(
            "invalid_setting", f"MODEL_SERVER_LOG_FILE: cannot write {path}: {error.strerror}"
        ) from None


def configure(level: str, common: dict, *more: logging.Handler) -> None:
    """Send all logging of the process through the JSON formatter; `common` goes into every line."""
    # Standard output comes last: its last line, which says why a server stopped, is the one that counts.
    handlers = [*more, logging.StreamHandler(sys.stdout)]
    for handler in handlers:
        handler.setFormatter(JsonFormatter(common))
    logging.basicConfig(level=level.upper(), handlers=handlers, force=True)
