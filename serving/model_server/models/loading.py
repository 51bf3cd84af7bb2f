"""From the settings to a verified model: reads the file and asks the libraries in this folder whose it is."""

import pkgutil
from importlib import import_module
from pathlib import Path

from model_server import models
from model_server.errors import StartError
from model_server.model_files import foreign_formats, model_file
from model_server.model_files.model_file import ModelFile
from model_server.models.library import Library
from model_server.models.model import Model
from model_server.rows.columns import Columns
from model_server.settings import Settings


def libraries() -> list[Library]:
    """Each package of this folder, those last that take what the others leave."""
    names = [module.name for module in pkgutil.iter_modules(models.__path__) if module.ispkg]
    found = [import_module(f"{models.__name__}.{name}.loader").LIBRARY for name in names]
    return sorted(found, key=lambda library: library.is_fallback)


LIBRARIES = libraries()
NUMERIC = frozenset({"number", "integer", "boolean"})


def load(settings: Settings) -> Model:
    """Load and try the model that the settings name."""
    file = model_file.read(Path(settings.model_path), settings.model_sha256, settings.allow_pickle)
    for library in LIBRARIES:
        if library.recognises(file):
            columns = file.columns
            model = library.load(file, settings)
            _name_columns(model, columns)
            return model
    raise _unknown(file)


def _name_columns(model: Model, columns: Columns | None) -> None:
    """Tell a model of numbers what MLflow says of its columns, unless it calls them otherwise itself."""
    if columns is None or model.takes_tables or len(columns) != model.feature_count:
        return
    # LightGBM has an underscore for each blank in a name.
    is_known = [_plain(name) for name in model.feature_names] == [_plain(name) for name in columns.names]
    if (is_known or not model.feature_names) and {column.kind for column in columns} <= NUMERIC:
        model.columns = columns
        model.feature_names = list(columns.names)


def _plain(name: str) -> str:
    return name.replace(" ", "_")


def _unknown(file: ModelFile) -> StartError:
    known = foreign_formats.described(file.content)
    formats = " nor ".join(library.formats for library in reversed(LIBRARIES) if library.formats)
    return StartError(
        "unknown_format",
        f"the model file is {known}"
        if known
        else f"the model file is neither {formats} (it starts with {file.content[:8]!r})",
    )
