"""A folder with a `predictor.py`, whatever lies beside it, and one of MLflow that only MLflow can load."""

import logging
from pathlib import Path

from model_server.errors import StartError
from model_server.model_files import mlmodel
from model_server.model_files.model_file import ModelFile
from model_server.model_files.model_folder import DECIDING
from model_server.models.predictor import module, pyfunc
from model_server.models.predictor.model import PredictorModel
from model_server.settings import Settings

logger = logging.getLogger(__name__)


class OwnCode:
    """Takes the folder for what it says it is."""

    # Known by its name, not by its content.
    formats = ""
    is_fallback = False

    def recognises(self, file: ModelFile) -> bool:
        return Path(file.path).name in DECIDING

    def load(self, file: ModelFile, settings: Settings) -> PredictorModel:
        if settings.missing_marker:
            raise StartError(
                "wrong_missing_marker",
                "MODEL_SERVER_MISSING_MARKER is set, and predictor.py sees rows as they come: leave it "
                "empty, and replace the marker there",
            )
        path = Path(file.path)
        loaded = pyfunc.load(path, file.columns) if path.name == mlmodel.FILE else module.load(path)
        file.release()
        logger.info("own code loaded", extra={"folder": str(Path(file.path).parent)})
        return PredictorModel(loaded, file.sha256, settings)


LIBRARY = OwnCode()
