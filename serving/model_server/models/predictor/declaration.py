"""What a predictor says of the rows that it takes."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from model_server.errors import StartError
from model_server.rows.columns import Column, Columns, Kind

# Python's types mean the kinds of columns.
KINDS: dict[object, Kind] = {
    float: "number",
    int: "integer",
    bool: "boolean",
    str: "text",
    **{kind: kind for kind in get_args(Kind)},
    # As numpy and pandas call them.
    **dict.fromkeys(("float64", "float32"), "number"),
    **dict.fromkeys(("int64", "int32"), "integer"),
    **dict.fromkeys(("bool", "bool_"), "boolean"),
    **dict.fromkeys(("string", "str", "str_"), "text"),
    "object": "any",
}
MAX_FEATURES = 100_000
EXAMPLES = (
    'columns = {"age": float, "plan": str} for rows as a pandas DataFrame, or feature_count = 4 for rows as '
    "an array of numpy"
)


@dataclass(frozen=True)
class Declaration:
    """One of the two is given."""

    # Rows come as a DataFrame of these.
    columns: Columns | None = None
    # Rows come as an array of so many numbers each, which may have names.
    feature_count: int = 0
    feature_names: tuple[str, ...] = ()


def read(path: Path, *owners: object) -> Declaration:
    """What the first owner that says something says. Raises StartError, with everything that is wrong."""
    columns = _first(owners, "columns")
    count = _first(owners, "feature_count")
    names = _first(owners, "feature_names")
    if columns is None and count is None and names is None:
        raise StartError("invalid_predictor", f"{path} does not say what rows it takes: {EXAMPLES}")
    if columns is not None and (count is not None or names is not None):
        other = "feature_count" if count is not None else "feature_names"
        raise StartError(
            "invalid_predictor",
            f"{path} has both columns and {other}, and rows are a DataFrame or an array: {EXAMPLES}",
        )
    if columns is not None:
        return Declaration(columns=_columns(path, columns))
    names = () if names is None else _names(path, "feature_names", names)
    count = len(names) if count is None else count
    # True is a number, too.
    if not isinstance(count, int) or isinstance(count, bool) or not 0 < count <= MAX_FEATURES:
        raise StartError(
            "invalid_predictor",
            f"{path}: feature_count is {str(count)[:50]!r}; accepted: a whole number up to {MAX_FEATURES}",
        )
    if names and len(names) != count:
        raise StartError(
            "invalid_predictor", f"{path}: feature_count is {count}, but feature_names are {len(names)}"
        )
    return Declaration(feature_count=count, feature_names=names)


def _first(owners: tuple[object, ...], name: str) -> Any:
    return next((found for owner in owners if (found := getattr(owner, name, None)) is not None), None)


def _columns(path: Path, given: Any) -> Columns:
    kinds = given if isinstance(given, Mapping) else None
    names = _names(path, "columns", given)
    if kinds is None:
        return Columns([Column(name) for name in names])
    wrong = [name for name in names if _kind(kinds[name]) is None]
    if wrong:
        found = ", ".join(f"{name!r} is {str(kinds[name])[:50]}" for name in wrong[:10])
        accepted = "float, int, bool, str, or the name of a kind: " + ", ".join(get_args(Kind))
        raise StartError("invalid_predictor", f"{path}: columns: {found}; accepted: {accepted}")
    return Columns([Column(name, _kind(kinds[name])) for name in names])


def _kind(given: object) -> Kind | None:
    try:
        # A type of numpy has the name of its dtype.
        return KINDS.get(given) or KINDS.get(getattr(given, "__name__", None))
    except TypeError:
        return None  # it is no key of a dict


def _names(path: Path, what: str, given: Any) -> tuple[str, ...]:
    try:
        # A text is a sequence of texts.
        names = None if isinstance(given, str | bytes) else tuple(given)
    except TypeError:
        names = None
    if not names or not all(isinstance(name, str) and name for name in names):
        raise StartError(
            "invalid_predictor",
            f"{path}: {what} is {str(given)[:100]!r}; accepted: names, such as "
            + ('{"age": float, "plan": str} or ' if what == "columns" else "")
            + '["age", "plan"]',
        )
    doubled = sorted(name for name, times in Counter(names).items() if times > 1)
    if doubled or len(names) > MAX_FEATURES:
        said = f"twice: {', '.join(doubled[:10])}" if doubled else f"{len(names)}, at most {MAX_FEATURES}"
        raise StartError("invalid_predictor", f"{path}: {what} are named {said}")
    return names
