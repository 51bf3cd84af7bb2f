"""Packages that only some models need, and that are not part of the server."""

from importlib import import_module
from types import ModuleType

from model_server.errors import StartError

# What to do where one is missing.
REMEDY = "the requirements.txt beside the model, and lock it (docs/packages.md)"


def needed(module: str, what: str, package: str = "") -> ModuleType:
    """Import a module of a package, which is called as the module if not said otherwise.

    Raises StartError, where `what` is what needs it: "the model is one of LightGBM".
    """
    name = package or module.partition(".")[0]
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        # What it needs itself may be missing, too.
        missing = name if error.name == module.partition(".")[0] else f"{name}, which needs {error.name},"
        raise StartError(
            "missing_package", f"{what}, and this image has no {missing}: put {name} into {REMEDY}"
        ) from None
