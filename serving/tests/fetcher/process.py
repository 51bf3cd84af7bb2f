"""The real fetcher process, as the init container runs it."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

SERVING = Path(__file__).parent.parent.parent
MODEL = b'{"learner": {}}' + bytes(range(256)) * 4096
PICKLE = b"\x80\x04" + MODEL
# Nothing of the machine's own credentials or proxies may reach the tests.
INHERITED = ("PATH", "LD_LIBRARY_PATH")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Run:
    """A finished run of the fetcher."""

    code: int
    lines: list[dict]
    output: str
    target: Path

    @property
    def last(self) -> dict:
        return self.lines[-1]

    @property
    def warnings(self) -> list[dict]:
        return [line for line in self.lines if line["level"] == "warning"]

    @property
    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.target.iterdir()}


def command() -> list[str]:
    return [sys.executable, "-m", "model_fetcher"]


def environment(target: Path, others: dict[str, str], **settings: object) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    given = {"target": target, "backoff_seconds": 0.01, "stall_seconds": 30, **settings}
    ours = {f"MODEL_FETCHER_{name.upper()}": str(value) for name, value in given.items()}
    return {**inherited, "PYTHONPATH": str(SERVING), **ours, **others}


def fetch(target: Path, others: dict[str, str] | None = None, **settings: object) -> Run:
    """Run the fetcher to its end, with these settings and other environment variables."""
    done = subprocess.run(
        command(),
        env=environment(target, others or {}, **settings),
        capture_output=True,
        text=True,
        cwd="/",
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    return Run(done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stdout, target)


# Run by a process of its own: a child begins with the size of the process it was forked from.
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(code, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def fetch_measured(target: Path, others: dict[str, str], **settings: object) -> tuple[int, float]:
    """Run the fetcher; return its exit code and the most memory it has had, in MiB."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, *command()],
        env=environment(target, others, **settings),
        capture_output=True,
        text=True,
        cwd="/",
        check=True,
    )
    code, kibibytes = map(int, done.stdout.split())
    return code, kibibytes / 1024


def assert_refused(run: Run, code: str, *parts: str) -> None:
    """The fetcher has failed with this one reason, and left nothing behind."""
    assert run.code == 1, run.output
    assert (run.last["level"], run.last["code"]) == ("critical", code), run.output
    for part in parts:
        assert part in run.last["message"]
    assert run.files == {}
