"""Estimators as skops stores them: without code that runs when they are loaded."""

import io
import zipfile
from collections.abc import Sequence

from model_server.errors import StartError
from model_server.models.packages import needed
from model_server.models.scikit_learn.estimators import EstimatorFile

START, SCHEMA = b"PK\x03\x04", "schema.json"
SHOWN = 8


def is_skops(content: bytes) -> bool:
    """Whether it is an archive of skops."""
    if not content.startswith(START):
        return False
    try:
        return SCHEMA in zipfile.ZipFile(io.BytesIO(content)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return False


def load(content: bytes, sha256: str, trusted: Sequence[str] = ()) -> EstimatorFile:
    """Load types that skops itself trusts, and those that are named: for others there is `predictor.py`."""
    skops = needed("skops.io", "the model is one of skops")
    try:
        strange = [each for each in skops.get_untrusted_types(data=content) if each not in trusted]
    except Exception as error:
        raise StartError("unreadable_model", f"skops cannot read the model: {_line(error)}") from None
    if strange:
        more = f" and {len(strange) - SHOWN} more" if len(strange) > SHOWN else ""
        raise StartError(
            "untrusted_types",
            f"the model holds types that skops does not trust ({', '.join(strange[:SHOWN])}{more}): load it "
            "in a predictor.py, which names those that you trust (docs/predictors.md)",
        )
    try:
        estimator = skops.loads(content, trusted=list(trusted))
    except Exception as error:
        raise StartError("unreadable_model", f"skops cannot load the model: {_line(error)}") from None
    return EstimatorFile(sha256, type(estimator).__name__, estimator, format="skops")


def _line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0][:300]}"
