"""What the code of a predictor prints: a line of the log each, in the place of standard output."""

import io
import logging

logger = logging.getLogger("predictor")

MAX_LENGTH = 2000


class PrintLog(io.TextIOBase):
    """A text file that is the log."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self._line = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self._line = (self._line + text).split("\n")
        # Without an end it would grow for good.
        if len(self._line) > MAX_LENGTH:
            lines.append(self._line)
            self._line = ""
        for line in lines:
            if line.strip():
                logger.info(line[:MAX_LENGTH])
        return len(text)
