"""CatBoost as one of the libraries that the server knows: models that `save_model` wrote as `.cbm`."""

from model_server.errors import StartError
from model_server.model_files.model_file import ModelFile
from model_server.models.catboost.model import CatBoostModel
from model_server.models.packages import needed
from model_server.process import crash
from model_server.rows import missing_marker
from model_server.settings import Settings

START = b"CBM1"


class CatBoost:
    """The binary format. Its estimators come as pickles, which scikit-learn's folder takes."""

    formats = "CatBoost's .cbm"
    is_fallback = False

    def recognises(self, file: ModelFile) -> bool:
        return file.content.startswith(START)

    def load(self, file: ModelFile, settings: Settings) -> CatBoostModel:
        missing_marker.refuse_beside("CatBoost", settings.missing_marker)
        catboost = needed("catboost", "the model is one of CatBoost")
        try:
            found = catboost.CatBoost().load_model(blob=file.content)
        except (catboost.CatBoostError, ValueError, MemoryError) as error:
            raise StartError("unreadable_model", f"CatBoost cannot read the model: {error}") from None
        with crash.told(f"CatBoost {catboost.__version__} crashed while it predicted with the model"):
            model = CatBoostModel(found, file.sha256, settings)
            model.try_once()
        file.release()
        return model


LIBRARY = CatBoost()
