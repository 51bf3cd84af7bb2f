"""Makes a lock of requirements: pip resolves them beside the server's packages, which stay as they are."""

import json
import tempfile
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from model_packages import lock_file, pip, requirements_file
from model_packages.problems import PackagesError
from model_packages.requirements_file import Line
from model_packages.servers_own import STANDS_FOR, ServersOwn


def lock(requirements: Path, server: Path, target: Path) -> list[str]:
    """Write the lock; return what its reader should know.

    Raises:
        PackagesError: if there is no set of packages that goes with the server's.
    """
    own = ServersOwn(requirements_file.versions(server))
    lines = [line for line in requirements_file.read(requirements, requirements.name) if line.applies]
    notes = own.notes(lines)
    found = _resolve(requirements.name, lines, own) if lines else []
    entries = _entries(found, {line.name for line in lines}, own)
    content = [*lock_file.head(requirements), *(f"# note: {note}" for note in notes), *entries]
    target.write_text("".join(f"{line}\n" for line in content))
    return notes


def _resolve(name: str, lines: list[Line], own: ServersOwn) -> list[dict]:
    """What pip would install, as its report has it; it says the names of files that people know."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_text(_wanted(lines, own))
        constraints = "".join(f"{package}=={version}\n" for package, version in own.versions.items())
        Path(folder, "server.txt").write_text(constraints)
        wrong = pip.run(
            *["install", "--dry-run", "--ignore-installed", *pip.WHEELS_ONLY],
            *["--report", "report.json", "--requirement", name, "--constraint", "server.txt"],
            folder=folder,
        )
        if wrong is not None:
            raise PackagesError(*wrong.splitlines())
        return json.loads(Path(folder, "report.json").read_text())["install"]


def _wanted(lines: list[Line], own: ServersOwn) -> str:
    """The requirements, each on the line where it was."""
    texts = {
        line.number: own.pin(line.requirement) if own.name_of(line.name) else line.text for line in lines
    }
    return "".join(f"{texts.get(number, '')}\n" for number in range(1, max(texts) + 1))


def _entries(found: list[dict], asked: set[str], own: ServersOwn) -> list[str]:
    """The lines of the lock: what is to be installed, each with who needs it."""
    packages = {canonicalize_name(each["metadata"]["name"]): each for each in found}
    # What only the replaced package needs goes with it, such as XGBoost's libraries for GPUs.
    replaced = [name for name in packages if name in STANDS_FOR and own.name_of(name)]
    kept = {name: each for name, each in packages.items() if name not in replaced}
    needed = {name: _needed_by(name, kept) for name in kept}
    orphans = {name for name in kept if name not in asked and not needed[name] and _needed_by(name, packages)}
    entries: list[str] = []
    problems: list[str] = []
    for name in sorted(kept):
        if own.name_of(name) or name in orphans:
            continue
        metadata = kept[name]["metadata"]
        sha256 = kept[name]["download_info"].get("archive_info", {}).get("hashes", {}).get("sha256")
        if sha256 is None:
            problems.append(f"{name}: the package index tells no sha256 of its files; use one that does")
            continue
        via = [*needed[name], *(["the requirements"] if name in asked else [])]
        entries += [
            f"{name}=={metadata['version']} \\",
            f"    --hash=sha256:{sha256}",
            f"    # via {', '.join(via)}",
        ]
    if problems:
        raise PackagesError(*problems)
    return entries


def _needed_by(name: str, packages: dict[str, dict]) -> list[str]:
    def needs(each: dict) -> bool:
        requirements = map(Requirement, each["metadata"].get("requires_dist", []))
        return any(
            canonicalize_name(one.name) == name and requirements_file.is_needed(one) for one in requirements
        )

    return sorted(other for other, each in packages.items() if other != name and needs(each))
