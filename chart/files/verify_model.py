"""Compares the sha256 of a model, a file or a folder, with the expected one.

Runs in images of others, whose Python may be as old as 3.8.
"""

import hashlib
import sys
from pathlib import Path


def sum_of(file):
    digest = hashlib.sha256()
    with file.open("rb") as content:
        for part in iter(lambda: content.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()


def identity(model):
    """Of a folder the sum of what `sha256sum` says of its files, unless it holds the model's file alone."""
    if not model.is_dir():
        return sum_of(model)
    files = {}
    for path in model.rglob("*"):
        name = path.relative_to(model)
        left_out = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
        if path.is_file() and not left_out and str(name) != "golden.json":
            files[name.as_posix()] = path
    if len(files) == 1 and next(iter(files)).startswith("model."):
        return sum_of(next(iter(files.values())))
    lines = [f"{sum_of(files[name])}  {name}\n" for name in sorted(files, key=str.encode)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


path, expected = sys.argv[1:]
try:
    found = identity(Path(path))
except OSError as error:
    sys.exit(f"the model at {path} cannot be read: {error}")
if found != expected:
    sys.exit(f"the model at {path} has the sha256 {found}, the release says {expected}")
print(f"the model at {path} has the sha256 {found}, as expected")
