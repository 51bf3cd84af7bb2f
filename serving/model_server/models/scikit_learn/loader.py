"""Pickles with scikit-learn's interface as one of the libraries that the server knows."""

import logging

from model_server.errors import StartError
from model_server.model_files import pickle_contents
from model_server.model_files.compression import decompressed
from model_server.model_files.model_file import ModelFile
from model_server.models.scikit_learn import estimators, skops_files
from model_server.models.scikit_learn.estimators import EstimatorFile
from model_server.models.scikit_learn.model import EstimatorModel
from model_server.rows import missing_marker
from model_server.settings import Settings

logger = logging.getLogger(__name__)

PICKLE_WARNING = "the model is a pickle, and was loaded by running the code it holds"


class ScikitLearn:
    """Whatever a pickle holds that no other library knows, if it can be run."""

    formats = "a pickle nor skops"
    is_fallback = True

    def recognises(self, file: ModelFile) -> bool:
        return file.is_pickle or skops_files.is_skops(file.content)

    def load(self, file: ModelFile, settings: Settings) -> EstimatorModel:
        if not file.is_pickle:
            return self._model(
                skops_files.load(file.content, file.sha256, file.trusted_types), file, settings
            )
        pickle = file.pickle
        refusal = "" if pickle.unreadable else pickle_contents.refusal(pickle.class_name, pickle.root)
        if refusal:
            raise StartError("unsupported_model", refusal)
        found = estimators.load(
            decompressed(file.content),
            file.sha256,
            pickle.class_name,
            settings.run_pickles,
            pickle.packages,
            pickle.unreadable,
        )
        model = self._model(found, file, settings)
        logger.warning(PICKLE_WARNING)
        return model

    def _model(self, found: EstimatorFile, file: ModelFile, settings: Settings) -> EstimatorModel:
        file.release()
        missing_marker.refuse_beside(found.class_name, settings.missing_marker)
        with estimators.crash_told(found.class_name, "tried"):
            return EstimatorModel(found, settings)


LIBRARY = ScikitLearn()
