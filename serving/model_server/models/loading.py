"""From the settings to a verified model that can predict."""

from dataclasses import replace
from pathlib import Path

from model_server.errors import StartError
from model_server.models import model_file
from model_server.models.scikit_learn import estimators
from model_server.models.scikit_learn.estimators import EstimatorFile
from model_server.models.scikit_learn.model import EstimatorModel
from model_server.models.xgboost import library as xgboost_library
from model_server.models.xgboost.model import Model
from model_server.process import crash
from model_server.rows import missing_marker
from model_server.settings import Settings

AnyModel = Model | EstimatorModel


def load(settings: Settings) -> AnyModel:
    """Load and verify the model that the settings name, ready to predict."""
    file = model_file.read(
        Path(settings.model_path), settings.model_sha256, settings.allow_pickle, settings.run_pickles
    )
    if isinstance(file, EstimatorFile):
        missing_marker.refuse_beside(file.class_name, settings.missing_marker)
        with estimators.crash_told(file.class_name, "tried"):
            return EstimatorModel(
                settings.model_name, settings.model_version, file, settings.estimator_threads
            )
    file = replace(file, missing=missing_marker.agreed(file.missing, settings.missing_marker))
    try:
        with crash.told(f"XGBoost {xgboost_library.version()} crashed while it predicted with the model"):
            return Model(settings.model_name, settings.model_version, file, settings.engine)
    except xgboost_library.XGBoostError as error:
        raise StartError("unusable_model", f"XGBoost cannot predict with the model: {error}") from None
