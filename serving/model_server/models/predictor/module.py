"""Imports a `predictor.py`, has it load what it needs, and reads what it declares."""

import contextlib
import inspect
import logging
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from model_server.errors import StartError, StoppedError
from model_server.models.predictor import declaration
from model_server.models.predictor.declaration import Declaration
from model_server.models.predictor.prints import PrintLog

logger = logging.getLogger(__name__)

NAME = "predictor"
# What a module beside it must not be called: it would take the place of the server's own.
TAKEN = sys.stdlib_module_names | {"model_server", "msgspec", "uvicorn", "uvloop", "httptools"}


@dataclass(frozen=True)
class Loaded:
    """What came of it."""

    predict: Callable[[Any], Any]
    # None if it gives no probabilities.
    predict_proba: Callable[[Any], Any] | None
    declared: Declaration
    # What it says of itself, for metadata and logs.
    description: str


def load(path: Path) -> Loaded:
    """Import the file, with its folder before all packages, and call its `load`.

    Raises StartError, which tells file and line, for whatever fails in it.
    """
    folder = path.parent
    _refuse_taken_names(folder)
    sys.path.insert(0, str(folder))
    # What the code prints is a line of the log, and no line between two of them.
    sys.stdout = PrintLog()
    spec = spec_from_file_location(NAME, path)
    module = module_from_spec(spec)
    # By this name pickles of its classes find them.
    sys.modules[NAME] = module
    with told(path, "importing it"):
        spec.loader.exec_module(module)
    loaded = None
    given = getattr(module, "load", None)
    if given is not None:
        _check_callable(path, given, "load", "the folder")
        with told(path, "load"):
            loaded = given(folder)
    # An object that can predict, or the module itself.
    owner = module if getattr(loaded, "predict", None) is None else loaded
    predict = getattr(owner, "predict", None)
    if predict is None:
        raise StartError(
            "invalid_predictor",
            f"{path} has no predict: define `def predict(rows)` there, or have `load(folder)` return an "
            "object with a method predict(rows)",
        )
    _check_callable(path, predict, "predict", "the rows")
    predict_proba = getattr(owner, "predict_proba", None)
    if predict_proba is not None:
        _check_callable(path, predict_proba, "predict_proba", "the rows")
    declared = declaration.read(path, *([loaded] if owner is loaded else []), module)
    description = (inspect.getdoc(module) or "").partition("\n")[0]
    return Loaded(predict, predict_proba, declared, description)


def _refuse_taken_names(folder: Path) -> None:
    names = {child.stem if child.suffix == ".py" else child.name for child in folder.iterdir()}
    taken = sorted(
        name
        for name in names & TAKEN
        if (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()
    )
    if taken:
        raise StartError(
            "invalid_predictor",
            f"{folder} holds modules with names of Python's own or of the server's ({', '.join(taken)}), "
            "which would take their place: rename them",
        )


def _check_callable(path: Path, given: Any, name: str, argument: str) -> None:
    remedy = f"define it as `def {name}({argument.split()[-1]})`"
    if not callable(given):
        raise StartError(
            "invalid_predictor", f"{path}: {name} is a {type(given).__name__} and no function: {remedy}"
        )
    if inspect.iscoroutinefunction(given) or inspect.isasyncgenfunction(given):
        raise StartError(
            "invalid_predictor", f"{path}: {name} is async, and is called as a plain function: {remedy}"
        )
    try:
        inspect.signature(given).bind(None)
    except TypeError as error:
        raise StartError(
            "invalid_predictor", f"{path}: {name} is called with {argument} alone ({error}): {remedy}"
        ) from None
    except ValueError:
        pass  # of a function in C nothing is known


@contextlib.contextmanager
def told(path: Path, what: str) -> Iterator[None]:
    """Whatever fails in the code is told by its line; the log has the trace."""
    try:
        yield
    except StoppedError:
        raise
    except BaseException as error:
        if isinstance(error, GeneratorExit | KeyboardInterrupt):
            raise
        logger.exception("predictor.py failed")
        place = _place(error, path.parent)
        reason = str(error).partition("\n")[0][:500]
        remedy = ""
        if isinstance(error, ModuleNotFoundError):
            remedy = ": put the package into requirements.txt, or the module into the folder"
        raise StartError(
            "predictor_failed", f"{path}: {what} failed{place}: {type(error).__name__}: {reason}{remedy}"
        ) from None


def _place(error: BaseException, folder: Path) -> str:
    """The last line of the folder's own code that had a part in it."""
    if isinstance(error, SyntaxError) and error.filename:
        return f" in {Path(error.filename).name}, line {error.lineno}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(folder)
    ]
    return f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
