"""The categories in a model of XGBoost.

Codes count from 0 in the order of pandas' `categories`. Since 3.1 XGBoost keeps the texts in the model, so
that requests may give them; of older files, and of models trained on plain codes, only codes are known.
"""

from collections.abc import Sequence
from itertools import pairwise

from model_server.models.categories import Categories, Category

# Before, XGBoost counted the characters of pandas' texts where the file counts bytes: beyond ASCII they are
# cut in the wrong places, which does not always show.
TEXTS_ARE_RIGHT_SINCE = (3, 4)


def of_model(
    model: dict, types: Sequence[str], width: int, version: tuple[int, ...] | None
) -> Categories | None:
    """The categories in a model as XGBoost writes it; None if it has none. `version` trained it."""
    places = [feature for feature, kind in enumerate(types) if kind == "c"]
    if not places:
        return None
    booster = model["learner"]["gradient_booster"]
    # DART keeps a whole model of trees inside of its own.
    encodings = booster.get("gbtree", booster).get("model", {}).get("cats", {}).get("enc", [])
    are_right = version is None or version >= TEXTS_ARE_RIGHT_SINCE
    features = {}
    for feature in places:
        encoding = encodings[feature] if feature < len(encodings) else {}
        features[feature] = _category(encoding, are_right)
    return Categories(features, width)


def _category(encoding: dict, are_right: bool) -> Category:
    values = encoding.get("values", ())
    offsets = encoding.get("offsets")
    if offsets is None:
        # Categories that are numbers; as text they cannot be taken for codes.
        texts = [str(value) if isinstance(value, int) else f"{value:g}" for value in values]
        return Category({text: code for code, text in enumerate(texts)}, _codes(len(texts)))
    content = bytes(value & 0xFF for value in values)
    valid = _codes(max(0, len(offsets) - 1))
    if not are_right and not content.isascii():
        return Category({}, valid, is_damaged=True)
    try:
        codes = {content[start:end].decode(): code for code, (start, end) in enumerate(pairwise(offsets))}
    except UnicodeDecodeError:
        return Category({}, valid, is_damaged=True)
    return Category(codes, valid)


def _codes(count: int) -> frozenset[float]:
    return frozenset(float(code) for code in range(count))
