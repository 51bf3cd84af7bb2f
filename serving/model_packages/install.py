"""Installs what a lock names into a folder of its own, and checks that it goes with the server's packages."""

import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from model_packages import lock_file, pip, requirements_file
from model_packages.problems import PackagesError
from model_packages.requirements_file import Line
from model_packages.servers_own import ServersOwn


def install(lock: Path, server: Path, environment: Path) -> list[str]:
    """Install into a new virtual environment; return what should be known of it.

    Raises:
        PackagesError: if the lock is not complete, or a package does not go with one of the server's.
    """
    lock_file.check_head(lock)
    own = ServersOwn(requirements_file.versions(server))
    lines = [line for line in requirements_file.read(lock, lock.name) if line.applies]
    _refuse_loose(lines)
    theirs = [line for line in lines if own.name_of(line.name) is None]
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    if theirs:
        _install(theirs, environment)
    check(site_packages(environment), own)
    return own.notes(lines)


def site_packages(environment: Path) -> Path:
    """Where a virtual environment has its packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return environment / "lib" / version / "site-packages"


def _refuse_loose(lines: list[Line]) -> None:
    loose = [
        f"{line.text}: its {missing} is missing in the lock; lock the packages again"
        for line in lines
        if (missing := "version" if line.version is None else "" if line.hashes else "hash")
    ]
    if loose:
        raise PackagesError(*loose)


def _install(lines: list[Line], environment: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.lock")
        hashes = [" ".join(f"--hash={each}" for each in line.hashes) for line in lines]
        pairs = zip(lines, hashes, strict=True)
        wanted.write_text("".join(f"{line.text} {sums}\n" for line, sums in pairs))
        options = ["--no-deps", "--require-hashes", "--no-cache-dir", "--no-compile", *pip.WHEELS_ONLY]
        wrong = pip.run(
            *["--python", str(environment / "bin" / "python3"), "install", *options],
            *["--requirement", wanted.name],
            folder=folder,
        )
    if wrong is not None:
        raise PackagesError(*wrong.splitlines())


def check(folder: Path, own: ServersOwn) -> None:
    """Refuse packages that lack something, or that need another version than the server has."""
    installed = {canonicalize_name(each.name): each for each in metadata.distributions(path=[str(folder)])}
    problems: list[str] = []
    for name, distribution in sorted(installed.items()):
        for text in distribution.requires or []:
            requirement = Requirement(text)
            if requirements_file.is_needed(requirement):
                problem = _problem(requirement, installed, own)
                problems += (
                    [f"{name} {distribution.version} needs {_bare(requirement)}, {problem}"]
                    if problem
                    else []
                )
    if problems:
        raise PackagesError(*problems)


def _problem(requirement: Requirement, installed: dict, own: ServersOwn) -> str | None:
    if own.name_of(requirement.name):
        return (
            None
            if own.satisfies(requirement)
            else f"but the server's own is {own.described(requirement.name)}"
        )
    found = installed.get(canonicalize_name(requirement.name))
    if found is None:
        return "which is not in the lock"
    fits = requirement.specifier.contains(found.version, prereleases=True)
    return None if fits else f"but the lock has {found.version}"


def _bare(requirement: Requirement) -> str:
    return f"{requirement.name}{requirement.specifier}"
