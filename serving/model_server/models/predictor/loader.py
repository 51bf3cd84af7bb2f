"""A folder with a `predictor.py`, whatever lies beside it."""

import logging
from pathlib import Path

from model_server.errors import StartError
from model_server.model_files.model_file import ModelFile
from model_server.model_files.model_folder import PREDICTOR
from model_server.models.predictor import module
from model_server.models.predictor.model import PredictorModel
from model_server.settings import Settings

logger = logging.getLogger(__name__)


class OwnCode:
    """Takes the folder for what it says it is."""

    # Known by its name, not by its content.
    formats = ""
    is_fallback = False

    def recognises(self, file: ModelFile) -> bool:
        return Path(file.path).name == PREDICTOR

    def load(self, file: ModelFile, settings: Settings) -> PredictorModel:
        if settings.missing_marker:
            raise StartError(
                "wrong_missing_marker",
                "MODEL_SERVER_MISSING_MARKER is set, and predictor.py sees rows as they come: leave it "
                "empty, and replace the marker there",
            )
        loaded = module.load(Path(file.path))
        file.release()
        logger.info("own code loaded", extra={"folder": str(Path(file.path).parent)})
        return PredictorModel(loaded, file.sha256, settings)


LIBRARY = OwnCode()
