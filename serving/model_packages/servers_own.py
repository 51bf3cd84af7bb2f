"""What the server has itself: its packages win over the same ones of a model."""

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from model_packages.requirements_file import Line

# The same modules, of which an image can hold one only: the server's, which needs no GPU.
STANDS_FOR = {"xgboost": "xgboost-cpu"}


class ServersOwn:
    """The packages of the server with their versions."""

    def __init__(self, versions: dict[str, str]):
        self.versions = versions

    def name_of(self, package: str) -> str | None:
        """The server's package that takes the place of this one; None if the server has none."""
        name = canonicalize_name(package)
        name = STANDS_FOR.get(name, name)
        return name if name in self.versions else None

    def described(self, package: str) -> str:
        """The server's package, for people."""
        name = self.name_of(package)
        return f"{name} {self.versions[name]}"

    def satisfies(self, requirement: Requirement) -> bool:
        """Whether the server's package is what is asked for."""
        name = self.name_of(requirement.name)
        return requirement.specifier.contains(self.versions[name], prereleases=True)

    def pin(self, requirement: Requirement) -> str:
        """The requirement as one of the server's package, in the server's version."""
        name = self.name_of(requirement.name)
        extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
        marker = f"; {requirement.marker}" if requirement.marker else ""
        return f"{name}{extras}=={self.versions[name]}{marker}"

    def notes(self, lines: list[Line]) -> list[str]:
        """What is asked for in another version than the server has, and therefore not installed."""
        return [
            f"{line.text} is not installed: the server's own {self.described(line.name)} takes its place"
            for line in lines
            if self.name_of(line.name) and not self.satisfies(line.requirement)
        ]
