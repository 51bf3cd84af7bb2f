"""From the content of a model file to a model in XGBoost's library, and what the file says about its use."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from model_server.errors import StartError
from model_server.model_files import foreign_formats
from model_server.model_files.model_file import ModelFile
from model_server.models.xgboost import model_document, pickled
from model_server.models.xgboost.library import Booster, XGBoostError, version
from model_server.models.xgboost.model_document import DamagedModelError, ModelDocument
from model_server.process import crash

# The classes of XGBoost that a pickle may hold.
CLASSES = {
    *("Booster", "XGBModel", "XGBClassifier", "XGBRegressor", "XGBRanker"),
    *("XGBRFClassifier", "XGBRFRegressor"),
}

Reader = Callable[[bytes, str], tuple[ModelDocument, bytes]]


@dataclass(frozen=True)
class XGBoostFile:
    """A verified model, and what the file around it says about how to use it."""

    sha256: str
    format: str
    booster: Booster
    document: ModelDocument
    # The class that was pickled (XGBClassifier, Booster, ...), empty for XGBoost's own formats.
    class_name: str = ""
    # The marker for missing values (NaN: none); None if the file does not tell.
    missing: float | None = None
    # scikit-learn's estimators predict with the best round of early stopping, boosters with all.
    uses_best_iteration: bool = False
    # What scikit-learn's estimator tells beside the model.
    estimator: dict = field(default_factory=dict)


def is_own(content: bytes) -> bool:
    """Whether it begins as a .json or .ubj of XGBoost does."""
    return content[:64].lstrip()[:1] == b"{"


def read(file: ModelFile) -> XGBoostFile:
    """Check and load a file that is one of XGBoost's, and release it."""
    if file.is_pickle:
        return _from_pickle(file)
    format = _format_of(file.content)
    document, booster = _loaded(file.content, format, file.path)
    file.release()
    estimator = document.estimator
    return XGBoostFile(
        file.sha256,
        format,
        booster,
        document,
        missing=_missing(estimator),
        uses_best_iteration=estimator is not None,
        estimator=estimator or {},
    )


def _format_of(content: bytes) -> str:
    # JSON continues with a key in quotes; UBJ with the length of the first key.
    return "json" if content[:64].lstrip()[1:].lstrip()[:1] in (b'"', b"}") else "ubj"


def _loaded(
    content: bytes, format: str, what: str, read: Reader | None = None
) -> tuple[ModelDocument, Booster]:
    """Check what XGBoost wrote, and have XGBoost read it."""
    try:
        document, content = (read or model_document.read)(content, format)
    except DamagedModelError as error:
        raise StartError("unreadable_model", f"{what} cannot be loaded: {error}") from None
    document = document.judged_by(version())
    try:
        with crash.told(f"XGBoost {version()} crashed while it read {what}, which must be damaged"):
            return document, Booster(content)
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


def _from_pickle(file: ModelFile) -> XGBoostFile:
    found = pickled.model_of(file.pickle)
    file.release()
    what = f"the {found.class_name} in the pickle"
    if not found.booster.startswith(b"{"):
        raise StartError(
            "unreadable_model",
            f"{what} cannot be loaded: it is in the binary format of XGBoost before 1.3, which this one does "
            "not read; load the pickle with the version that made it, and save it there with "
            f"save_model('model.bst'). {foreign_formats.BINARY_REMEDY}",
        )
    document, booster = _loaded(found.booster, _format_of(found.booster), what, model_document.read_pickled)
    if found.class_name not in CLASSES:
        doubt = f"the pickle holds a {found.class_name}, of which this server knows nothing"
        document = replace(document, doubts=(*document.doubts, doubt))
    return XGBoostFile(
        file.sha256,
        "pickle",
        booster,
        document,
        found.class_name,
        found.missing,
        found.uses_best_iteration,
        found.estimator,
    )
