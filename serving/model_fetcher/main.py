"""The process: one thread transfers, the main thread keeps the time and hears the signals."""

import contextlib
import queue
import signal
import threading
import time
from collections.abc import MutableMapping
from pathlib import Path

from model_fetcher import logs
from model_fetcher.download import Rules, download, has, partial_path
from model_fetcher.environment import clean
from model_fetcher.errors import FetchError, TransientError, UriError
from model_fetcher.redaction import remember_all
from model_fetcher.settings import PREFIX, InvalidSettingsError, Settings, from_environment
from model_fetcher.sources import source_of
from model_fetcher.sources.source import Source

GOLDEN_FILE = "golden.json"
STOPPED_CODE = 128 + signal.SIGTERM


class Wanted:
    """One file to be fetched."""

    def __init__(self, source: Source, destination: Path, rules: Rules):
        self.source = source
        self.destination = destination
        self.rules = rules

    def fetch(self) -> None:
        """Fetch the file, unless it is there already."""
        fields = {"source": self.source.name, "file": str(self.destination)}
        if has(self.destination, self.rules.sha256):
            logs.write("info", "already there", **fields, sha256=self.rules.sha256)
            return
        logs.write("info", "fetching", **fields)
        began = time.monotonic()
        done = download(self.source, self.destination, self.rules, self.report)
        seconds = round(time.monotonic() - began, 3)
        logs.write(
            "info",
            "fetched",
            **fields,
            sha256=done.sha256,
            bytes=done.size,
            attempts=done.attempts,
            seconds=seconds,
        )

    def report(self, error: TransientError, attempt: int, pause: float) -> None:
        logs.write(
            "warning",
            str(error),
            code=error.code,
            attempt=attempt,
            attempts=self.rules.attempts,
            pause=round(pause, 3),
        )


def wanted_files(given: Settings, problems: list[str]) -> list[Wanted]:
    """What is to be fetched, the model last: where it is, everything is. Adds to the problems so far."""
    target = Path(given.target)
    files = [(given.uri, "URI", given.sha256, target / given.file, True)]
    if given.golden_uri:
        files.insert(0, (given.golden_uri, "GOLDEN_URI", given.golden_sha256, target / GOLDEN_FILE, False))
    wanted = []
    for uri, setting, sha256, destination, is_model in files:
        if not uri:
            continue
        try:
            source = source_of(uri, given)
        except UriError as error:
            problems.append(f"{PREFIX}{setting} {error}")
            continue
        rules = Rules(sha256, given.max_bytes, given.attempts, given.backoff_seconds, is_model)
        wanted.append(Wanted(source, destination, rules))
    if not target.is_dir():
        problems.append(f"{PREFIX}TARGET {target} is no folder")
    if problems:
        raise InvalidSettingsError(problems)
    return wanted


def fetch_all(wanted: list[Wanted], outcome: "queue.SimpleQueue[BaseException | None]") -> None:
    """Fetch one file after the other; tell how that ended."""
    try:
        for file in wanted:
            file.fetch()
    except BaseException as error:
        # Also what is no Exception: a panic of a library in Rust, for example.
        outcome.put(error)
    else:
        outcome.put(None)


def supervise(wanted: list[Wanted], timeout: float) -> None:
    """Fetch the files within the time; whatever happens, nothing incomplete is left behind."""
    outcome: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()
    # The first process of a container ignores signals it has no handler for.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: outcome.put(StoppedError()))
    threading.Thread(target=fetch_all, args=(wanted, outcome), daemon=True).start()
    try:
        error = outcome.get(timeout=timeout)
    except queue.Empty:
        names = " and ".join(file.source.name for file in wanted)
        error = FetchError(
            "time_limit", f"{names}: not finished within {timeout:g} s; {PREFIX}TIMEOUT_SECONDS"
        )
    if error is not None:
        for file in wanted:
            with contextlib.suppress(OSError):
                partial_path(file.destination).unlink()
        raise error


class StoppedError(FetchError):
    """Somebody has asked the process to end."""

    def __init__(self) -> None:
        super().__init__("stopped", "stopped by a signal")


def main(environment: MutableMapping[str, str]) -> int:
    """Run the fetcher; return the exit code."""
    try:
        problems = clean(environment)
        remember_all(environment)
        given, wrong = from_environment(environment)
        problems += wrong
        supervise(wanted_files(given, problems), given.timeout_seconds)
    except InvalidSettingsError as error:
        logs.write("critical", f"cannot start: {error}", code=error.code, problems=error.problems)
        return 1
    except FetchError as error:
        logs.write("critical", f"cannot fetch: {error}", code=error.code)
        return STOPPED_CODE if isinstance(error, StoppedError) else 1
    except BaseException as error:
        # A defect of ours or of a library. Its text may show a URL with a signature, kind and place do not.
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else "unknown"
        logs.write("critical", f"cannot fetch: {type(error).__name__} at {where}", code="internal")
        return 1
    return 0
