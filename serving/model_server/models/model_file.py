"""From a path to a verified XGBoost model."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from model_server.errors import StartError
from model_server.models.files import foreign_formats, pickle_contents, pickles
from model_server.models.files.compression import decompressed
from model_server.models.scikit_learn import estimators
from model_server.models.scikit_learn.estimators import EstimatorFile
from model_server.models.xgboost import model_document
from model_server.models.xgboost.library import Booster, XGBoostError, version
from model_server.models.xgboost.model_document import DamagedModelError, ModelDocument
from model_server.process import crash

READ_PICKLE_WARNING = (
    "the model is a pickle: outside of this server, loading one runs whatever code it holds; "
    "XGBoost's own .ubj or .json does not"
)
RUN_PICKLE_WARNING = "the model is a pickle, and was loaded by running the code it holds"
# The classes of XGBoost that a pickle may hold.
CLASSES = {
    *("Booster", "XGBModel", "XGBClassifier", "XGBRegressor", "XGBRanker"),
    *("XGBRFClassifier", "XGBRFRegressor"),
}

Reader = Callable[[bytes, str], tuple[ModelDocument, bytes]]


@dataclass(frozen=True)
class ModelFile:
    """A verified model, and what the file around it says about how to use it."""

    sha256: str
    form: str
    booster: Booster
    document: ModelDocument
    # The class that was pickled (XGBClassifier, Booster, ...), empty for XGBoost's own forms.
    class_name: str = ""
    # The marker for missing values (NaN: none); None if the file does not tell.
    missing: float | None = None
    # scikit-learn's estimators predict with the best round of early stopping, boosters with all.
    uses_best_iteration: bool = False
    # What scikit-learn's estimator tells beside the model.
    estimator: dict = field(default_factory=dict)


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
        compressed = foreign_formats.inside(content)
        if compressed:
            raise StartError("unknown_format", f"the model file is {compressed}")
        return "pickle"
    start = content[:64].lstrip()
    if start[:1] != b"{":
        known = foreign_formats.described(content)
        raise StartError(
            "unknown_format",
            f"the model file is {known}"
            if known
            else "the model file is neither a pickle nor XGBoost's .json or .ubj "
            f"(it starts with {content[:8]!r})",
        )
    # JSON continues with a key in quotes; UBJ with the length of the first key.
    return "json" if start[1:].lstrip()[:1] in (b'"', b"}") else "ubj"


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
    if form == "pickle":
        _check_pickle_allowed(sha256, pinned_sha256, allow_pickle)
        return _from_pickle(content, sha256, run_pickles)
    document, booster = _loaded(content, form, str(path))
    estimator = document.estimator
    return ModelFile(
        sha256,
        form,
        booster,
        document,
        missing=_missing(estimator),
        uses_best_iteration=estimator is not None,
        estimator=estimator or {},
    )


def _loaded(
    content: bytes, form: str, what: str, read: Reader | None = None
) -> tuple[ModelDocument, Booster]:
    """Check what XGBoost wrote, and have XGBoost read it."""
    try:
        document, content = (read or model_document.read)(content, form)
    except DamagedModelError as error:
        raise StartError("unreadable_model", f"{what} cannot be loaded: {error}") from None
    document = document.judged_by(version())
    try:
        with crash.told(f"XGBoost {version()} crashed while it read {what}, which must be damaged"):
            return document, Booster(content, form=form)
    except XGBoostError as error:
        doubts = "".join(f"; {doubt}" for doubt in document.doubts)
        raise StartError(
            "unreadable_model", f"{what} cannot be loaded by XGBoost {version()}: {error}{doubts}"
        ) from None


def _missing(estimator: dict | None) -> float | None:
    """The marker for missing values, which XGBoost kept in the file before 2.0 and forgets since."""
    marker = estimator.get("missing") if estimator else None
    if marker is not None and not isinstance(marker, int | float):
        raise StartError("unreadable_model", "`missing` in the attribute scikit_learn is no number")
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
        refusal = pickle_contents.refusal(str(other), other.root)
        if refusal:
            raise StartError("unsupported_model", refusal) from None
        return estimators.load(decompressed(content), sha256, str(other), run, other.packages)
    except pickles.UnreadablePickleError as unreadable:
        # It may still be loaded by running it, where that is allowed.
        return estimators.load(decompressed(content), sha256, "", run, unreadable.packages, str(unreadable))
    what = f"the {pickled.class_name} in the pickle"
    if not pickled.booster.startswith(b"{"):
        raise StartError(
            "unreadable_model",
            f"{what} cannot be loaded: it is in the binary format of XGBoost before 1.3, which this one does "
            "not read; load the pickle with the version that made it, and save it there with "
            f"save_model('model.bst'). {foreign_formats.BINARY_REMEDY}",
        )
    document, booster = _loaded(pickled.booster, form_of(pickled.booster), what, model_document.read_pickled)
    if pickled.class_name not in CLASSES:
        doubt = f"the pickle holds a {pickled.class_name}, of which this server knows nothing"
        document = replace(document, doubts=(*document.doubts, doubt))
    return ModelFile(
        sha256,
        "pickle",
        booster,
        document,
        pickled.class_name,
        pickled.missing,
        pickled.uses_best_iteration,
        pickled.estimator,
    )
