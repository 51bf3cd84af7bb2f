"""What a pickle holds that is no model, and how to take the model out of it."""

from model_server.model_files.pickles import Placeholder

# How many keys or items are told, and how deep a model is looked for.
SHOWN, MAX_DEPTH = 8, 3


def refusal(class_name: str, root: object) -> str:
    """Why the pickle is no model, with the remedy; empty if it may be one."""
    if isinstance(root, dict):
        what = f"a dict with the keys {_listed([repr(key)[:100] for key in root])}"
    elif isinstance(root, list | tuple):
        what = f"a {class_name} of {len(root)} items ({_listed([_class(item) for item in root])})"
    elif class_name.startswith(("numpy.", "joblib.numpy_pickle.")):
        return "the pickle holds an array or a number of numpy, and no model: pickle the model itself"
    elif isinstance(root, Placeholder):
        return ""
    else:
        return f"the pickle holds a {class_name}, and no model: pickle the model itself"
    found = _models(root, "", 0)
    if not found:
        return f"the pickle holds {what}, and no model in it that can be told: pickle the model itself"
    place, name = found[0]
    others = (
        f" ({_listed([f'{where} is a {which}' for where, which in found[1:]])} as well)" if found[1:] else ""
    )
    return (
        f"the pickle holds {what}, and not a model itself; {place} is a {name}{others}. Take it out: "
        f"python3 -c \"import joblib; joblib.dump(joblib.load('model.pkl'){place}, 'model.pkl')\""
    )


def _models(value: object, place: str, depth: int) -> list[tuple[str, str]]:
    if depth > MAX_DEPTH:
        return []
    if isinstance(value, dict):
        items = [(f"{place}[{key!r}]", item) for key, item in value.items() if isinstance(key, str | int)]
    elif isinstance(value, list | tuple):
        items = [(f"{place}[{number}]", item) for number, item in enumerate(value)]
    else:
        return [(place, value.origin)] if _is_model(value) else []
    found = [model for where, item in items[:100] for model in _models(item, where, depth + 1)]
    # A scaler is an estimator as well: what predicts comes first.
    return sorted(found, key=lambda model: _rank(model[1]))


def _is_model(value: object) -> bool:
    origin = getattr(value, "origin", "")
    return isinstance(value, Placeholder) and origin.startswith(
        ("xgboost.", "sklearn.", "imblearn.", "lightgbm.", "catboost.")
    )


def _rank(origin: str) -> int:
    if origin.startswith("xgboost."):
        return 0
    if origin.startswith("sklearn.pipeline."):
        return 1
    return 3 if ".preprocessing." in origin or ".feature_extraction." in origin else 2


def _class(value: object) -> str:
    return getattr(value, "origin", "") or type(value).__name__


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more if names else "none"
