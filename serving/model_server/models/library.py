"""A library whose models can be served: one package in this folder, found by being there.

The package has a module `loader` with an object `LIBRARY` of this type. Nothing else has to know of it.
"""

from typing import Protocol

from model_server.model_files.model_file import ModelFile
from model_server.models.model import Model
from model_server.settings import Settings


class Library(Protocol):
    """What takes model files of one library."""

    # The formats by which it is known, behind "the model file is neither ... nor": "XGBoost's .json or .ubj".
    formats: str
    # Whether it takes what no other library recognises, and so is asked last.
    is_fallback: bool = False

    def recognises(self, file: ModelFile) -> bool:
        """Whether the file is one of its own, by the content. A damaged one is: `load` says what is wrong."""

    def load(self, file: ModelFile, settings: Settings) -> Model:
        """Load and try the model, so that no client pays for first-time work.

        Raises StartError, which says what was found and what to do. A setting that it cannot follow is
        refused, never ignored. The library itself is imported here, or later: a server of another model has
        neither the time nor perhaps the packages for it.
        """
