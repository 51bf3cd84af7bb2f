"""The model file as it lies on the disk, before any library takes it for its own."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from model_server.errors import StartError
from model_server.model_files import foreign_formats, mlmodel, model_folder, pickles
from model_server.model_files.pickles import Pickle
from model_server.rows.columns import Columns

# Of a folder without a model, for its message.
MAX_NAMES = 8


@dataclass
class ModelFile:
    """One file."""

    path: str
    content: bytes
    sha256: str
    is_pickle: bool
    # What MLflow says of its columns, and which types it trusts in a file of skops.
    columns: Columns | None = None
    trusted_types: tuple[str, ...] = ()

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
        deciding = [path / name for name in model_folder.DECIDING if (path / name).is_file()]
        if len(deciding) > 1:
            names = " and ".join(each.name for each in deciding)
            raise StartError(
                "no_model",
                f"{path} holds both {names}, and nobody can tell which is meant; remove one",
            )
        if deciding:
            return deciding[0]
        # Kubernetes mounts show the data a second time under names that start with dots.
        found = sorted(child for child in path.glob("model.*") if child.is_file())
        if len(found) != 1:
            others = found or sorted(path.iterdir())[:MAX_NAMES]
            names = ", ".join(child.name for child in others) or "nothing"
            raise StartError(
                "no_model",
                f"{path} must hold exactly one file model.*, or {' or '.join(model_folder.DECIDING)}; "
                f"found: {names}",
            )
        return found[0]
    if not path.is_file():
        raise StartError("no_model", f"there is no model file {path}")
    return path


def read(path: Path, pinned_sha256: str, allow_pickle: bool) -> ModelFile:
    """Read the file, and refuse one that is not the one that is meant, or code where none may be run."""
    named, path = path, find(path)
    saved = mlmodel.read(path) if path.name == mlmodel.FILE else None
    is_code = path.name == model_folder.PREDICTOR or (saved is not None and saved.path is None)
    if saved is not None and saved.path is not None:
        path = saved.path
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StartError("no_model", f"{path} cannot be read: {error.strerror}") from None
    sha256 = _identity(named, path, content, pinned_sha256)
    if pinned_sha256 and sha256 != pinned_sha256:
        raise StartError("wrong_sha256", f"{named} has sha256 {sha256}, but {pinned_sha256} is pinned")
    is_pickle = not is_code and pickles.is_pickle(content)
    if is_pickle:
        compressed = foreign_formats.inside(content)
        if compressed:
            raise StartError("unknown_format", f"the model file is {compressed}")
    if is_pickle or is_code:
        _check_allowed(is_pickle, sha256, pinned_sha256, allow_pickle)
    return ModelFile(
        str(path),
        content,
        sha256,
        is_pickle,
        saved and saved.columns,
        # Their code runs: as that of a pickle, only if it is meant.
        saved.trusted_types if saved and allow_pickle and pinned_sha256 else (),
    )


def _identity(named: Path, path: Path, content: bytes, pinned_sha256: str) -> str:
    """The sha256 that the model is known by: of a folder with more than a file, of all that is in it."""
    folder = named if named.is_dir() else named.parent
    if any((folder / name).is_file() for name in model_folder.DECIDING):
        return model_folder.identity(model_folder.files(folder))
    sha256 = hashlib.sha256(content).hexdigest()
    # Who pins the file means it, whatever lies beside it in a volume.
    if named.is_dir() and sha256 != pinned_sha256:
        files = model_folder.files(named)
        return model_folder.identity(files) if len(files) > 1 else sha256
    return sha256


def _check_allowed(is_pickle: bool, sha256: str, pinned_sha256: str, allow_pickle: bool) -> None:
    what, code = ("a pickle", "pickle") if is_pickle else ("own code", "code")
    if not allow_pickle:
        reason = (
            "and pickles are not allowed; save it with save_model('model.ubj')"
            if is_pickle
            else "which is not allowed: MODEL_SERVER_ALLOW_PICKLE=true lets it run, and pickles as well"
        )
        raise StartError(f"{code}_refused", f"the model is {what} {reason}")
    if not pinned_sha256:
        raise StartError(
            f"{code}_not_pinned",
            f"the model is {what}, which is accepted only with its sha256 pinned: "
            f"set MODEL_SERVER_MODEL_SHA256={sha256} if this is the {'file' if is_pickle else 'folder'} "
            "you mean",
        )
