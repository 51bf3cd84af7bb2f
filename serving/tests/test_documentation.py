"""The documentation says what the code does."""

import subprocess
import sys

from conftest import SERVING


def test_generated_parts_are_fresh():
    done = subprocess.run(
        [sys.executable, SERVING / "describe.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
