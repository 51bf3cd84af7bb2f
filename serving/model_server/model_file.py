"""From a path to a verified XGBoost model."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import msgspec

from model_server import estimators, pickles, ubjson
from model_server.errors import StartError
from model_server.estimators import EstimatorFile
from model_server.ubjson import UbjsonError
from model_server.xgboost_library import Booster, XGBoostError, version

READ_PICKLE_WARNING = (
    "the model is a pickle: outside of this server, loading one runs whatever code it holds; "
    "XGBoost's own .ubj or .json does not"
)
RUN_PICKLE_WARNING = "the model is a pickle, and was loaded by running the code it holds"


@dataclass(frozen=True)
class ModelFile:
    """A verified model, and what the file around it says about how to use it."""

    sha256: str
    form: str
    booster: Booster
    # The class that was pickled (XGBClassifier, Booster, ...), empty for XGBoost's own forms.
    class_name: str = ""
    # The marker for missing values (NaN: none); None if the file does not tell.
    missing: float | None = None
    # scikit-learn's estimators predict with the best round of early stopping, boosters with all.
    uses_best_iteration: bool = False


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


def form_of(content: bytes) -> str:
    """Recognise the format by content: an extension is only a name."""
    if pickles.is_pickle(content):
        return "pickle"
    start = content[:64].lstrip()
    if start[:1] != b"{":
        raise StartError(
            "unknown_format",
            "the model file is neither a pickle nor XGBoost's .json or .ubj "
            f"(it starts with {content[:8]!r})",
        )
    # JSON continues with a key in quotes; UBJ with the length of the first key.
    return "json" if start[1:].lstrip()[:1] in (b'"', b"}") else "ubj"


def check_structure(content: bytes, form: str) -> None:
    """Make sure that the file is complete before XGBoost's reader, which trusts it, sees it."""
    document = ubjson.decode(content) if form == "ubj" else _from_json(content)
    # What a pickle holds has a configuration beside the model.
    document = document.get("Model", document) if isinstance(document, dict) else {}
    if not isinstance(document, dict) or not isinstance(document.get("learner"), dict):
        raise XGBoostError("it is no model: there is no `learner` in it")
    _refuse_old_vector_leaves(document["learner"])


def _from_json(content: bytes) -> object:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        # XGBoost writes NaN, which is no JSON, for splits by category.
        if b"NaN" not in content:
            raise
        try:
            return json.loads(content)
        except ValueError:
            raise error from None


def _refuse_old_vector_leaves(learner: dict) -> None:
    """XGBoost reads beyond the memory of such a model, instead of refusing it."""
    try:
        trees = learner["gradient_booster"]["model"]["trees"]
        old = [t for t in trees if int(t["tree_param"]["size_leaf_vector"]) > 1 and "leaf_weights" not in t]
    except (KeyError, TypeError, ValueError):
        return  # another kind of model, or none: XGBoost says so itself
    if old:
        raise XGBoostError(
            "it has trees with several values per leaf as XGBoost wrote them before 3.2; "
            "train it anew with the version that serves it, or without multi_output_tree"
        )


def read(path: Path, pinned_sha256: str, allow_pickle: bool, run_pickles: bool) -> ModelFile | EstimatorFile:
    """Read, verify and load the model file."""
    path = find(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StartError("no_model", f"{path} cannot be read: {error.strerror}") from None
    sha256 = hashlib.sha256(content).hexdigest()
    if pinned_sha256 and sha256 != pinned_sha256:
        raise StartError("wrong_sha256", f"{path} has sha256 {sha256}, but {pinned_sha256} is pinned")
    form = form_of(content)
    try:
        if form == "pickle":
            _check_pickle_allowed(sha256, pinned_sha256, allow_pickle)
            return _from_pickle(content, sha256, run_pickles)
        check_structure(content, form)
        booster = Booster(content, form=form)
    except (XGBoostError, UbjsonError, msgspec.DecodeError) as error:
        raise StartError("unreadable_model", f"{path} cannot be loaded: {error}") from None
    estimator = booster.attribute("scikit_learn")
    return ModelFile(
        sha256,
        form,
        booster,
        missing=_missing(estimator),
        uses_best_iteration=estimator is not None,
    )


def _missing(estimator: str | None) -> float | None:
    """The marker for missing values, which XGBoost kept in the file before 2.0 and forgets since."""
    marker = json.loads(estimator).get("missing") if estimator else None
    return None if marker is None else float(marker)


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


def _from_pickle(content: bytes, sha256: str, run: bool) -> ModelFile | EstimatorFile:
    try:
        pickled = pickles.read(content)
    except pickles.OtherPickleError as other:
        return estimators.load(content, sha256, str(other), run)
    try:
        # Very old versions have a form of their own, which XGBoost itself refuses.
        if pickled.booster.startswith(b"{"):
            check_structure(pickled.booster, form_of(pickled.booster))
    except (XGBoostError, UbjsonError, msgspec.DecodeError) as error:
        raise StartError(
            "unreadable_model", f"the {pickled.class_name} in the pickle cannot be loaded: {error}"
        ) from None
    try:
        booster = Booster(pickled.booster, pickled=True)
    except XGBoostError as error:
        raise StartError(
            "unreadable_model",
            f"XGBoost {version()} cannot load the {pickled.class_name} in the pickle ({error}); if a version "
            "before 1.6 made it, load it there and save it with save_model('model.json')",
        ) from None
    return ModelFile(
        sha256,
        "pickle",
        booster,
        pickled.class_name,
        pickled.missing,
        pickled.uses_best_iteration,
    )
