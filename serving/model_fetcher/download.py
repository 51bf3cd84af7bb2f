"""From a source to a verified file: attempts, resuming, limits, and a name only for what is complete."""

import errno
import hashlib
import os
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from model_fetcher.errors import FetchError, TransientError
from model_fetcher.sources.source import Part, Source

MAX_PAUSE_SECONDS = 30.0
BLOCK = 1024 * 1024


@dataclass(frozen=True)
class Rules:
    """What a download must keep to."""

    sha256: str
    max_bytes: int
    attempts: int
    backoff_seconds: float
    # Whether only XGBoost's own formats are accepted without a sha256.
    model: bool = True


@dataclass(frozen=True)
class Downloaded:
    """What a download has come to."""

    sha256: str
    size: int
    attempts: int


class Partial:
    """The part of a file that has arrived, under a name that no reader looks at."""

    def __init__(self, destination: Path):
        self.destination = destination
        self.path = partial_path(destination)
        self.file = self.path.open("wb")
        self.begin()

    def begin(self) -> None:
        self.hash = hashlib.sha256()
        self.size = 0
        self.version = ""

    def restart(self) -> None:
        """Forget what has arrived."""
        self.file.seek(0)
        self.file.truncate()
        self.begin()

    def append(self, chunk: bytes) -> None:
        self.file.write(chunk)
        self.hash.update(chunk)
        self.size += len(chunk)

    def publish(self) -> None:
        """Give the file its name, in one step and durably."""
        self.file.flush()
        os.fsync(self.file.fileno())
        # The server is another process, maybe of another user.
        os.fchmod(self.file.fileno(), 0o644)
        self.path.replace(self.destination)
        folder = os.open(self.destination.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def __enter__(self) -> "Partial":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.file.close()
        finally:
            self.path.unlink(missing_ok=True)


def partial_path(destination: Path) -> Path:
    """Where a file is while it is incomplete: hidden, so that `model.*` does not match it."""
    return destination.with_name(f".{destination.name}.partial")


def has(destination: Path, sha256: str) -> bool:
    """Whether the file is there already, unchanged. A file whose sha256 nobody knows never is."""
    if not sha256 or not destination.is_file():
        return False
    found = hashlib.sha256()
    with destination.open("rb") as file:
        while block := file.read(BLOCK):
            found.update(block)
    return found.hexdigest() == sha256


def download(
    source: Source, destination: Path, rules: Rules, report: Callable[[TransientError, int, float], None]
) -> Downloaded:
    """Download, verify and name the file. `report` hears of each failed attempt and the pause after it."""
    try:
        with Partial(destination) as partial:
            attempts = attempt_all(source, partial, rules, report)
            sha256 = partial.hash.hexdigest()
            partial.publish()
            return Downloaded(sha256, partial.size, attempts)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise FetchError(
                "no_space", f"there is no space for {source.name} in {destination.parent}"
            ) from None
        raise FetchError(
            "not_writable", f"{destination.parent} cannot be written: {error.strerror}"
        ) from None


def attempt_all(
    source: Source, partial: Partial, rules: Rules, report: Callable[[TransientError, int, float], None]
) -> int:
    """Transfer the whole file; return how many attempts that took."""
    for attempt in range(1, rules.attempts + 1):
        try:
            transfer(source, partial, rules)
            return attempt
        except TransientError as error:
            if error.restart:
                partial.restart()
            if attempt == rules.attempts:
                raise FetchError(error.code, f"{error} (gave up after {attempt} attempts)") from None
            pause = pause_before(attempt + 1, rules.backoff_seconds, error.retry_after)
            report(error, attempt, pause)
            time.sleep(pause)
    raise AssertionError("there is at least one attempt")


def pause_before(attempt: int, first: float, asked: float) -> float:
    """A random pause that may double with each attempt, so that many pods do not come back at once."""
    max_seconds = min(MAX_PAUSE_SECONDS, first * 2 ** (attempt - 2))
    return min(MAX_PAUSE_SECONDS, asked) + random.uniform(0, max_seconds)  # noqa: S311


def transfer(source: Source, partial: Partial, rules: Rules) -> None:
    """One attempt: what is missing, or everything if the source cannot continue."""
    if partial.size and not partial.version:
        partial.restart()
    part = source.open(partial.size, partial.version)
    try:
        if part.start != partial.size:
            partial.restart()
        partial.version = part.version
        check_announced(source, part, rules)
        receive(source, part, partial, rules)
    finally:
        part.close()
    if part.total is not None and partial.size < part.total:
        raise TransientError("interrupted", f"{source.name}: {partial.size} of {part.total} bytes came")
    verify(source, part, partial, rules)


def check_announced(source: Source, part: Part, rules: Rules) -> None:
    """Refuse early what would be refused in the end."""
    if part.total is not None and part.total > rules.max_bytes:
        raise too_large(source, rules)
    if part.sha256 and rules.sha256 and part.sha256 != rules.sha256:
        raise FetchError(
            "wrong_sha256", f"{source.name} has sha256 {part.sha256}, but {rules.sha256} is pinned"
        )


def receive(source: Source, part: Part, partial: Partial, rules: Rules) -> None:
    """Write down what comes in, as long as it may."""
    for chunk in part.chunks:
        if partial.size + len(chunk) > rules.max_bytes:
            raise too_large(source, rules)
        if partial.size == 0 and rules.model and not rules.sha256 and not chunk.lstrip().startswith(b"{"):
            raise FetchError(
                "model_not_pinned",
                f"{source.name} is neither of XGBoost's own formats, so loading it may run code: "
                "such a file is accepted only with its sha256 pinned; set MODEL_FETCHER_SHA256",
            )
        partial.append(chunk)


def verify(source: Source, part: Part, partial: Partial, rules: Rules) -> None:
    """Compare the complete file with what it should be."""
    if partial.size == 0:
        raise FetchError("empty", f"{source.name} is empty")
    found = partial.hash.hexdigest()
    for expected, who in ((rules.sha256, "is pinned"), (part.sha256, "is what the source promised")):
        if expected and found != expected:
            raise FetchError("wrong_sha256", f"{source.name} has sha256 {found}, but {expected} {who}")


def too_large(source: Source, rules: Rules) -> FetchError:
    """The error for a file beyond the limit, whether announced or found out."""
    return FetchError(
        "too_large",
        f"{source.name} is larger than {rules.max_bytes} bytes, the limit MODEL_FETCHER_MAX_BYTES",
    )
