"""LightGBM as one of the libraries that the server knows: models that `save_model` wrote."""

from model_server.errors import StartError
from model_server.model_files.model_file import ModelFile
from model_server.models.lightgbm.model import LightGBMModel
from model_server.models.packages import needed
from model_server.process import crash
from model_server.rows import missing_marker
from model_server.settings import Settings

START = b"tree\n"


class LightGBM:
    """The text format. Its estimators come as pickles, which scikit-learn's folder takes."""

    formats = "LightGBM's text"
    is_fallback = False

    def recognises(self, file: ModelFile) -> bool:
        return file.content.startswith(START) and b"\nversion=" in file.content[:100]

    def load(self, file: ModelFile, settings: Settings) -> LightGBMModel:
        missing_marker.refuse_beside("LightGBM", settings.missing_marker)
        lightgbm = needed("lightgbm", "the model is one of LightGBM")
        try:
            text = file.content.decode()
            booster = lightgbm.Booster(model_str=text, params={"verbosity": -1})
        except (lightgbm.basic.LightGBMError, ValueError) as error:
            raise StartError("unreadable_model", f"LightGBM cannot read the model: {error}") from None
        with crash.told(f"LightGBM {lightgbm.__version__} crashed while it predicted with the model"):
            model = LightGBMModel(booster, text, file.sha256, settings)
            model.try_once()
        file.release()
        return model


LIBRARY = LightGBM()
