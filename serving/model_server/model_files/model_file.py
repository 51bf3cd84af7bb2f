"""The model file as it lies on the disk, before any library takes it for its own."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from model_server.errors import StartError
from model_server.model_files import foreign_formats, model_folder, pickles
from model_server.model_files.pickles import Pickle


@dataclass
class ModelFile:
    """One file."""

    path: str
    content: bytes
    sha256: str
    is_pickle: bool

    @cached_property
    def pickle(self) -> Pickle | None:
        """What a pickle holds, read without running it; None for any other file."""
        return pickles.read(self.content) if self.is_pickle else None

    def release(self) -> None:
        """Free what has been read, once a library has what it needs: a large model would be there twice."""
        self.content = b""
        self.__dict__.pop("pickle", None)


def find(path: Path) -> Path:
    """The model file itself, if `path` is the folder that holds it."""
    if path.is_dir():
        # Kubernetes mounts show the data a second time under names that start with dots.
        found = sorted(child for child in path.glob("model.*") if child.is_file())
        if len(found) != 1:
            names = ", ".join(child.name for child in found) or "none"
            raise StartError("no_model", f"{path} must hold exactly one file model.*; found: {names}")
        return found[0]
    if not path.is_file():
        raise StartError("no_model", f"there is no model file {path}")
    return path


def read(path: Path, pinned_sha256: str, allow_pickle: bool) -> ModelFile:
    """Read the file, and refuse one that is not the one that is meant, or a pickle where none may be."""
    named, path = path, find(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StartError("no_model", f"{path} cannot be read: {error.strerror}") from None
    sha256 = hashlib.sha256(content).hexdigest()
    # Who pins the file means it, whatever lies beside it in a volume.
    if named.is_dir() and sha256 != pinned_sha256:
        files = model_folder.files(named)
        sha256 = model_folder.identity(files) if len(files) > 1 else sha256
    if pinned_sha256 and sha256 != pinned_sha256:
        raise StartError("wrong_sha256", f"{named} has sha256 {sha256}, but {pinned_sha256} is pinned")
    is_pickle = pickles.is_pickle(content)
    if is_pickle:
        compressed = foreign_formats.inside(content)
        if compressed:
            raise StartError("unknown_format", f"the model file is {compressed}")
        _check_pickle_allowed(sha256, pinned_sha256, allow_pickle)
    return ModelFile(str(path), content, sha256, is_pickle)


def _check_pickle_allowed(sha256: str, pinned_sha256: str, allow_pickle: bool) -> None:
    if not allow_pickle:
        raise StartError(
            "pickle_refused",
            "the model is a pickle and pickles are not allowed; save it with save_model('model.ubj')",
        )
    if not pinned_sha256:
        raise StartError(
            "pickle_not_pinned",
            "the model is a pickle, which is accepted only with its sha256 pinned: "
            f"set MODEL_SERVER_MODEL_SHA256={sha256} if this is the file you mean",
        )
