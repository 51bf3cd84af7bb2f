"""XGBoost as one of the libraries that the server knows."""

import logging
from dataclasses import replace

from model_server.errors import StartError
from model_server.model_files.model_file import ModelFile
from model_server.models.xgboost import file as xgboost_file
from model_server.models.xgboost import pickled
from model_server.models.xgboost.library import XGBoostError, version
from model_server.models.xgboost.model import XGBoostModel
from model_server.process import crash
from model_server.rows import missing_marker
from model_server.settings import Settings

logger = logging.getLogger(__name__)

PICKLE_WARNING = (
    "the model is a pickle: outside of this server, loading one runs whatever code it holds; "
    "XGBoost's own .ubj or .json does not"
)


class XGBoost:
    """Its own files, and what it has learnt in pickles of its estimators and boosters."""

    formats = "XGBoost's .json or .ubj"
    is_fallback = False

    def recognises(self, file: ModelFile) -> bool:
        if file.is_pickle:
            return pickled.holds_model(file.pickle)
        return xgboost_file.is_own(file.content)

    def load(self, file: ModelFile, settings: Settings) -> XGBoostModel:
        found = xgboost_file.read(file)
        found = replace(found, missing=missing_marker.agreed(found.missing, settings.missing_marker))
        try:
            with crash.told(f"XGBoost {version()} crashed while it predicted with the model"):
                model = XGBoostModel(settings.model_name, settings.model_version, found, settings.engine)
        except XGBoostError as error:
            raise StartError("unusable_model", f"XGBoost cannot predict with the model: {error}") from None
        if file.is_pickle:
            logger.warning(PICKLE_WARNING)
        return model


LIBRARY = XGBoost()
