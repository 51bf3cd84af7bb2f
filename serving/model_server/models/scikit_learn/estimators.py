"""Pickles of scikit-learn: pipelines, and estimators of other libraries.

Unlike XGBoost's own models they cannot be read without running what the pickle asks to run, and they need
scikit-learn, which is several times the size of everything else. So they are served only from an image that
was built with requirements-scikit-learn.txt.
"""

import importlib.util
import io
import logging
import re
import sys
import warnings
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from model_server.errors import StartError
from model_server.process import crash

logger = logging.getLogger(__name__)

LIBRARY = "sklearn"
# What an image with scikit-learn brings, by the name under which it is imported.
BROUGHT = frozenset({"sklearn", "numpy", "scipy", "joblib", "xgboost", "threadpoolctl"})
PACKAGES = "serving/requirements-scikit-learn.in (then serving/lock.sh), or pickle the model without it"
# Of a message of XGBoost's C++: where in its source it happened, and the stack trace behind the first line.
CPLUSPLUS_PLACE = re.compile(r"^\[[\d:]+\] \S+:\d+: ")


@dataclass(frozen=True)
class EstimatorFile:
    """What a file holds: a pickle, loaded by running it, or one of another format."""

    sha256: str
    class_name: str
    estimator: Any
    # The versions of scikit-learn that made it, where they are others than the one that is here.
    made_by: tuple[str, ...] = ()
    format: str = "pickle"


def load(
    content: bytes, sha256: str, class_name: str, run: bool, modules: Iterable[str] = (), reason: str = ""
) -> EstimatorFile:
    """Load a pickle (not compressed) whose sha256 has been pinned, if it may be run.

    `modules` is what is known of the packages it imports, `reason` why it could not be read without running.
    """
    what = f"a {class_name}, which" if class_name else "something that"
    why = f" ({reason})" if reason else ""
    if not run:
        raise StartError(
            "pickle_not_run",
            f"the pickle holds {what} cannot be loaded without running the code in it{why}, and "
            "MODEL_SERVER_RUN_PICKLES is false",
        )
    if not _is_installed():
        others = sorted(set(modules) - BROUGHT - sys.stdlib_module_names - {"__main__"})
        beside = f"; it also needs {', '.join(others)}: add that to {PACKAGES}" if others else ""
        raise StartError(
            "needs_scikit_learn",
            f"the pickle holds {what} cannot be loaded without running it{why}, and this image serves only "
            f"models of XGBoost itself; build it with the build argument "
            f"REQUIREMENTS=requirements-scikit-learn.txt{beside}",
        )
    estimator, made_by = _loaded(content, class_name or "pickle")
    return EstimatorFile(sha256, class_name or type(estimator).__name__, estimator, made_by=made_by)


def crash_told(class_name: str, doing: str) -> AbstractContextManager[None]:
    """What a pickle brings may crash Python itself: that ends in a sentence, too."""
    python = f"Python {sys.version_info.major}.{sys.version_info.minor}"
    return crash.told(
        f"{python} crashed while it {doing} the {class_name}. Functions and classes that a pickle takes "
        f"along (cloudpickle, dill) run only in the version of Python that made it: pickle it with {python} "
        "and the versions of the packages that are here, or move them into a package that the image has"
    )


def _loaded(content: bytes, class_name: str) -> tuple[Any, tuple[str, ...]]:
    """The estimator, and the other versions of scikit-learn that made it."""
    import joblib
    from sklearn.exceptions import InconsistentVersionWarning

    try:
        with warnings.catch_warnings(record=True) as raised:
            warnings.simplefilter("always", InconsistentVersionWarning)
            with crash_told(class_name, "loaded"):
                estimator = joblib.load(io.BytesIO(content))
    except Exception as error:
        raise StartError("unreadable_model", f"the {class_name} cannot be loaded: {_reason(error)}") from None
    versions = set()
    for each in raised:
        if isinstance(each.message, InconsistentVersionWarning):
            versions.add(each.message.original_sklearn_version)
        else:
            warnings.showwarning(each.message, each.category, each.filename, each.lineno)
    return estimator, tuple(sorted(versions))


def _reason(error: Exception) -> str:
    """Why a pickle cannot be loaded, in one line, with the remedy where there is one."""
    name = type(error).__name__
    lines = str(error).strip().splitlines()
    text = CPLUSPLUS_PLACE.sub("", lines[0]) if lines else ""
    if name == "XGBoostError":
        failed = f"XGBoost {_xgboost_version()} cannot read the model of XGBoost inside it ({text})"
        if "Invalid serialization file" not in text:
            return f"{failed}: pickle it anew with a version that is not newer"
        return (
            f"{failed}: a version that is too old pickled it. Versions from 1.6 to 3.0 read it and pickle it "
            "as this one wants it: pip install 'xgboost<3.1' beside the scikit-learn that made it, then "
            "python3 -c \"import joblib; joblib.dump(joblib.load('model.pkl'), 'model.pkl')\""
        )
    if isinstance(error, ModuleNotFoundError) and error.name:
        package = error.name.partition(".")[0]
        if package in BROUGHT:
            return f"{text}: another version of {package} made it; {_own_versions()} is here"
        return f"it needs the Python package {package}, which this image has not: add it to {PACKAGES}"
    if isinstance(error, AttributeError) and "__main__" in text:
        return (
            f"{text}: a function or class of the script that made the pickle is not in it; move that into a "
            "package that the image has, or pickle with cloudpickle, which takes it along"
        )
    return f"{name}: {text}"


def _xgboost_version() -> str:
    # Imported already: it was XGBoost that refused.
    return sys.modules["xgboost"].__version__


def _own_versions() -> str:
    import numpy
    import sklearn

    return f"scikit-learn {sklearn.__version__} with numpy {numpy.__version__}"


def _is_installed() -> bool:
    try:
        return importlib.util.find_spec(LIBRARY) is not None
    except ValueError:
        return False
