"""An environment with Feast in it, made once per machine and lock file: it takes half a gigabyte."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

LOCK_FILE = Path(__file__).with_name("requirements.txt")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "model-deployment" / "feast"


def folder() -> Path:
    """The environment; made if it is not there."""
    digest = hashlib.sha256(LOCK_FILE.read_bytes() + sys.version.encode()).hexdigest()[:16]
    made = CACHE / digest
    complete = made / "complete"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not complete.exists():
            shutil.rmtree(made, ignore_errors=True)
            print("Installing Feast for the tests (usually 40 seconds)", file=sys.stderr)
            venv.create(made, with_pip=True)
            install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]
            subprocess.run([made / "bin" / "pip", *install, "--requirement", LOCK_FILE], check=True)
            complete.touch()
    return made
