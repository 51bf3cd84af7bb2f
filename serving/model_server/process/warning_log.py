"""Warnings of libraries: one JSON document in the log for each, and not one for each request."""

import logging
import warnings
from pathlib import Path

logger = logging.getLogger(__name__)

# Texts can differ without end, as some name values.
MAX_WARNINGS = 100
MAX_LENGTH = 500


class WarningLog:
    """Takes the place of `warnings.showwarning`, which writes plain text to standard error."""

    def __init__(self):
        self._seen: set[tuple[str, str]] = set()

    def show(self, message, category, filename, lineno, _file=None, _line=None) -> None:
        """As `warnings.showwarning` is called."""
        text = str(message)[:MAX_LENGTH]
        key = (category.__name__, text)
        if key in self._seen or len(self._seen) >= MAX_WARNINGS:
            return
        self._seen.add(key)
        place = f"{Path(filename).name}:{lineno}"
        logger.warning(text, extra={"category": category.__name__, "source": place})


def install() -> None:
    """Send all warnings of the process there."""
    warnings.showwarning = WarningLog().show
