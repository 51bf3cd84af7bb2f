"""LightGBM as one of the libraries that the server knows: models that `save_model` wrote."""

import logging
import re

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
        _check_complete(file.content)
        lightgbm = needed("lightgbm", "the model is one of LightGBM")
        # What it says is a line of the log, and no line between two of them.
        lightgbm.register_logger(logging.getLogger("lightgbm"))
        try:
            text = file.content.decode()
            booster = lightgbm.Booster(model_str=text)
        except (lightgbm.basic.LightGBMError, ValueError) as error:
            raise StartError("unreadable_model", f"LightGBM cannot read the model: {error}") from None
        with crash.told(f"LightGBM {lightgbm.__version__} crashed while it predicted with the model"):
            model = LightGBMModel(booster, text, file.sha256, settings)
            model.try_once()
        file.release()
        return model


def _check_complete(content: bytes) -> None:
    """Refuse a file that was cut off or edited: LightGBM reads by the sizes it states, whatever is there."""
    sizes = re.search(rb"\ntree_sizes=([\d ]*)\n", content)
    first = b"\nTree=0\n" if sizes and sizes[1] else b"\nend of trees"
    at = content.find(first) + 1
    for number, size in enumerate(sizes[1].split() if sizes else ()):
        if not content.startswith(b"Tree=%d\n" % number, at):
            break
        at += int(size)
    else:
        if sizes and content.startswith(b"end of trees", at):
            return
    raise StartError(
        "unreadable_model",
        "the file is a damaged model of LightGBM, whose trees are not where it says: save it again with "
        "save_model('model.txt'), and copy it unchanged",
    )


LIBRARY = LightGBM()
