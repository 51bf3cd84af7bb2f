"""Calls pip, and tells what it says in the words of whoever wrote the requirements."""

import subprocess
import sys

from model_packages import lock_file

MAX_VERSIONS = 12
# A wheel is only copied. What has to be built first runs code of its author, with tools that no lock names.
WHEELS_ONLY = ["--only-binary", ":all:"]


def run(*arguments: str, folder: str) -> str | None:
    """Run pip in a folder; return what it says is wrong, or None."""
    command = [sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check", *arguments]
    finished = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    if finished.returncode == 0:
        return None
    said = [line for line in finished.stdout.splitlines() if line.strip()]
    errors = [_short(line.removeprefix("ERROR: ")) for line in finished.stderr.splitlines() if line.strip()]
    # Of a conflict pip tells the sides on standard output, and on standard error only that there is one.
    return "\n".join([*_conflict(said), *errors]) + _advice(finished.stderr)


def _short(line: str) -> str:
    """Of all versions that a package ever had, the newest are enough."""
    before, known, versions = line.partition("(from versions: ")
    each = versions.removesuffix(")").split(", ")
    return line if len(each) <= MAX_VERSIONS else f"{before}{known}…, {', '.join(each[-MAX_VERSIONS:])})"


def _conflict(lines: list[str]) -> list[str]:
    start = next((number for number, line in enumerate(lines) if line.startswith("The conflict")), None)
    if start is None:
        return []
    advice = ("To fix this", "1. loosen", "2. remove")
    return [line for line in lines[start:] if not line.startswith(advice)]


def _advice(text: str) -> str:
    here = f"Python {lock_file.python_version()} on {lock_file.platform_name()}"
    if "ResolutionImpossible" in text:
        return (
            "\nWhat is called a constraint is what the server itself needs: choose versions that go with it."
        )
    if "No matching distribution" in text:
        return (
            f"\nOnly wheels for {here} are installed, from the index that PIP_INDEX_URL names, else from "
            "PyPI: choose a version that has one, or build a wheel of it and publish that."
        )
    if "DO NOT MATCH THE HASHES" in text or "hashes are required" in text.lower():
        return f"\nThe lock must have the sha256 of a wheel for {here}: lock the packages again."
    return ""
