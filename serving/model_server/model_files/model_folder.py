"""A model that is a folder: its identity is one sha256 over names and contents of its files.

Whoever deploys it computes the same, see docs/model-sources.md.
"""

import hashlib
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from model_server.errors import StartError
from model_server.model_files import mlmodel

GOLDEN = "golden.json"
# Own code.
PREDICTOR = "predictor.py"
# Files that decide what the folder is.
DECIDING = (PREDICTOR, mlmodel.FILE)
CACHE = "__pycache__"
# Of a file system, at its top; nobody but root may look into it.
LOST_FOUND = "lost+found"
# What has more is no model, but a volume with many.
MAX_FILES = 1000


def files(folder: Path) -> dict[str, Path]:
    """The files by their path, in the order of its bytes: without golden requests, caches and hidden ones."""
    found = dict(islice(_walk(folder.resolve(), folder, ""), MAX_FILES + 1))
    if len(found) > MAX_FILES:
        raise StartError(
            "no_model", f"{folder} holds more than {MAX_FILES} files; name the model's own folder"
        )
    return {name: found[name] for name in sorted(found, key=str.encode)}


def identity(found: dict[str, Path]) -> str:
    """The sha256 of the lines that `sha256sum` prints for these files."""
    lines = "".join(f"{_sha256(path)}  {name}\n" for name, path in found.items())
    return hashlib.sha256(lines.encode()).hexdigest()


def _walk(root: Path, folder: Path, above: str) -> Iterator[tuple[str, Path]]:
    for child in folder.iterdir():
        name = f"{above}{child.name}"
        if child.name.startswith(".") or child.name == CACHE or name in (GOLDEN, LOST_FOUND):
            continue
        if child.is_symlink() and not _stays_within(root, child):
            raise StartError("no_model", f"{child} is a symbolic link; put a copy of the file there instead")
        if child.is_file():
            yield name, child
        elif child.is_dir() and not child.is_symlink():
            yield from _walk(root, child, f"{name}/")
        else:
            raise StartError("no_model", f"{child} is neither a file nor a folder; remove it")


def _stays_within(root: Path, link: Path) -> bool:
    """As in a ConfigMap that is mounted whole, whose files are links to hidden ones beside them."""
    target = link.resolve()
    return target.is_file() and target.is_relative_to(root)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
