"""A file of requirements: what pip reads, without what depends on this machine."""

from dataclasses import dataclass
from pathlib import Path

from packaging.markers import default_environment
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from model_packages.problems import PackagesError

ACCEPTED = "accepted: lines such as scikit-learn==1.9.1, pandas>=3,<4 or numpy"


@dataclass(frozen=True)
class Line:
    """One requirement, which may go over several lines of the file."""

    number: int
    text: str
    hashes: tuple[str, ...]
    requirement: Requirement

    @property
    def name(self) -> str:
        return canonicalize_name(self.requirement.name)

    @property
    def version(self) -> str | None:
        """The one version that will do, if it says so."""
        pins = [one.version for one in self.requirement.specifier if one.operator in ("==", "===")]
        exact = [version for version in pins if not version.endswith(".*")]
        return exact[0] if len(exact) == 1 else None

    @property
    def applies(self) -> bool:
        """Whether it is about this Python and this platform."""
        return is_needed(self.requirement)


def read(path: Path, shown: str) -> list[Line]:
    """Read the requirements of a file.

    Raises:
        PackagesError: with all that cannot be locked.
    """
    lines: list[Line] = []
    problems: list[str] = []
    for number, text in _logical_lines(path.read_text(encoding="utf-8-sig")):
        where = f"{shown}, line {number}"
        words = text.split()
        hashes = tuple(word.removeprefix("--hash=") for word in words if word.startswith("--hash="))
        plain = " ".join(word for word in words if not word.startswith("--hash="))
        if plain.startswith("-"):
            problems.append(f"{where}: found {words[0]}; {_instead_of(words[0])}")
            continue
        try:
            requirement = Requirement(plain)
        except InvalidRequirement:
            problems.append(f"{where}: found {plain!r}; {ACCEPTED}")
            continue
        if requirement.url:
            problems.append(
                f"{where}: {requirement.name} is named by an address; publish it to a package index and name "
                "its version, or put its modules beside the model"
            )
            continue
        lines.append(Line(number, plain, hashes, requirement))
    if problems:
        raise PackagesError(*problems)
    return lines


def is_needed(requirement: Requirement) -> bool:
    """Whether it holds here, without what only an extra needs: who asks for that names it too."""
    marker = requirement.marker
    return marker is None or marker.evaluate({**default_environment(), "extra": ""})


def versions(path: Path) -> dict[str, str]:
    """The versions in a complete list, by name."""
    return {line.name: line.version or "" for line in read(path, path.name) if line.applies}


def _instead_of(option: str) -> str:
    if option in ("-r", "--requirement", "-c", "--constraint"):
        return "put the lines of that file here"
    if option in ("-e", "--editable"):
        return "put the modules beside the model, or publish them to a package index and name their version"
    if "index" in option or option in ("-f", "--find-links", "--trusted-host"):
        return "say where packages come from by PIP_INDEX_URL in the environment, see docs/packages.md"
    return ACCEPTED


def _logical_lines(text: str) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    kept, first = "", 0
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            line = ""
        line = line.split(" #", 1)[0].rstrip()
        first = first if kept else number
        if line.endswith("\\"):
            kept += line.removesuffix("\\") + " "
            continue
        whole = (kept + line).strip()
        if whole:
            found.append((first, whole))
        kept = ""
    if kept.strip():
        found.append((first, kept.strip()))
    return found
