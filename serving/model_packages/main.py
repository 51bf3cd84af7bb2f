"""The two commands."""

import argparse
import sys
from pathlib import Path

from model_packages import install, lock
from model_packages.problems import PackagesError

# Whoever imports a package from here has the server's own packages first.
PATH_FILE = "model-packages.pth"


def main(arguments: list[str]) -> int:
    """Run one of the commands; return the exit code."""
    parser = argparse.ArgumentParser(prog="model_packages", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    locking = commands.add_parser("lock", help="resolve requirements and write a lock")
    locking.add_argument("requirements", type=Path)
    locking.add_argument("--target", type=Path, required=True, help="the lock that is written")
    installing = commands.add_parser("install", help="install what a lock names")
    installing.add_argument("lock", type=Path)
    installing.add_argument("--environment", type=Path, required=True, help="the folder that is made")
    installing.add_argument(
        "--beside", type=Path, required=True, help="the server's own, that is to know of it"
    )
    for command in (locking, installing):
        command.add_argument("--server", type=Path, required=True, help="the list of the server's packages")
    given = parser.parse_args(arguments)
    try:
        if given.command == "lock":
            notes = lock.lock(given.requirements, given.server, given.target)
        else:
            notes = install.install(given.lock, given.server, given.environment)
            _name_in_path(given.environment, install.site_packages(given.beside))
    except PackagesError as error:
        for problem in error.problems:
            print(f"error: {problem}", file=sys.stderr)
        return 1
    for note in notes:
        print(f"note: {note}", file=sys.stderr)
    return 0


def _name_in_path(environment: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    place = install.site_packages(environment)
    # As a folder of packages, whose own .pth files count, and behind those of the server.
    (folder / PATH_FILE).write_text(f"import site; site.addsitedir({str(place)!r})\n")
