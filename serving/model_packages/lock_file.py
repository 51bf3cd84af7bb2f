"""A lock: each package with version and sha256, and what it was made from and for."""

import hashlib
import platform
import re
import sys
from pathlib import Path

from model_packages.problems import PackagesError

HEAD = "# Made by a command, from the requirements beside it: make it anew instead of editing it."
MACHINES = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}
_FACT = re.compile(r"^# (source|python|platform): (\S+)$", re.MULTILINE)


def source_digest(requirements: Path) -> str:
    """What ties a lock to the requirements it was made from, whatever line ends a checkout has given them."""
    return hashlib.sha256(requirements.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def python_version() -> str:
    """The Python that packages are locked for."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def platform_name() -> str:
    """The platform that packages are locked for, in Docker's words."""
    machine = platform.machine()
    return MACHINES.get(machine, f"linux/{machine}")


def head(requirements: Path) -> list[str]:
    """The first lines of a lock."""
    return [
        HEAD,
        f"# source: sha256:{source_digest(requirements)}",
        f"# python: {python_version()}",
        f"# platform: {platform_name()}",
    ]


def check_head(lock: Path) -> None:
    """Refuse a lock that was made for something else than this image. One of another tool says nothing."""
    facts = dict(_FACT.findall(lock.read_text(encoding="utf-8-sig")))
    here = {"python": python_version(), "platform": platform_name()}
    problems = [
        f"the packages were locked for {what} {facts[what]}, but this image has {found}; lock them again"
        for what, found in here.items()
        if facts.get(what, found) != found
    ]
    if problems:
        raise PackagesError(*problems)
