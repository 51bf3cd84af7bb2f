"""Python environments of the tests' own, made once per machine and lock file.

What is in them is large, or must not meet what the server is made of.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "model-deployment"


def folder(name: str, lock_file: Path, duration: str) -> Path:
    """The environment of what is locked there; made if it is not there, which usually takes that long."""
    digest = hashlib.sha256(lock_file.read_bytes() + sys.version.encode()).hexdigest()[:16]
    cache = CACHE / name
    made = cache / digest
    complete = made / "complete"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(made, ignore_errors=True)
            print(f"Installing {name} for the tests (usually {duration})", file=sys.stderr)
            venv.create(made, with_pip=True)
            install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
            subprocess.run([made / "bin" / "pip", *install, "--requirement", lock_file], check=True)
            complete.touch()
    return made
