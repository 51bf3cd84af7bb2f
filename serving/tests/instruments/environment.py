"""Runs programs of the environment that the instruments live in."""

import subprocess
from pathlib import Path

from tests import environments

HERE = Path(__file__).parent


def run(program: str, *arguments: str | Path) -> subprocess.CompletedProcess:
    """Run a program of the environment to its end."""
    made = environments.folder("instruments", HERE / "requirements.txt", "1 minute")
    return subprocess.run(
        [made / "bin" / program, *arguments], capture_output=True, text=True, timeout=900, check=False
    )
