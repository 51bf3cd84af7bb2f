"""From XGBoost's description of a model to flat lists of nodes."""

import struct
from array import array
from dataclasses import dataclass

DEFAULT_LEFT = 0x80000000
NODE = struct.Struct("=fIif")

TRANSFORMS = {
    "reg:squarederror": 0,
    "reg:squaredlogerror": 0,
    "reg:pseudohubererror": 0,
    "reg:absoluteerror": 0,
    "rank:pairwise": 0,
    "rank:ndcg": 0,
    "rank:map": 0,
    "binary:logitraw": 0,
    "reg:logistic": 1,
    "binary:logistic": 1,
    "count:poisson": 2,
    "reg:gamma": 2,
    "reg:tweedie": 2,
    "survival:cox": 2,
    "multi:softprob": 3,
    "multi:softmax": 4,
    "reg:quantileerror": 5,
    "binary:hinge": 6,
}


class UnsupportedModelError(Exception):
    """The evaluator does not claim exactness for this model; the message says for which of its traits."""


@dataclass(frozen=True)
class Forest:
    """All trees of a model, in the order in which their leaves are added."""

    nodes: bytes
    roots: array
    depths: array
    groups: array
    transform: int
    # The thresholds of each feature's splits: the values at which a prediction can change.
    thresholds: dict[int, list[float]]


def read(document: dict, rounds: int) -> Forest:
    """Flatten the trees of the first `rounds` boosting rounds (0: of all)."""
    learner = document["learner"]
    objective = learner["objective"]["name"]
    booster = learner["gradient_booster"]
    if objective not in TRANSFORMS:
        raise UnsupportedModelError(f"objective {objective}")
    if booster["name"] != "gbtree":
        raise UnsupportedModelError(f"booster {booster['name']}")
    model = booster["model"]
    trees, groups = model["trees"], model["tree_info"]
    if rounds:
        end = model["iteration_indptr"][rounds]
        trees, groups = trees[:end], groups[:end]
    weights = model.get("weight_drop") or [1.0] * len(trees)
    if len(weights) < len(trees):
        raise UnsupportedModelError("fewer weights of dropout than trees")
    nodes, roots, depths = bytearray(), array("i"), array("i")
    thresholds: dict[int, list[float]] = {}
    for tree, weight in zip(trees, weights, strict=False):
        _refuse_other_trees(tree)
        roots.append(len(nodes) // NODE.size)
        depths.append(_append(tree, weight, nodes, thresholds))
    return Forest(bytes(nodes), roots, depths, array("i", groups), TRANSFORMS[objective], thresholds)


def without_trees(document: dict) -> dict:
    """The same model before its first round: it predicts the intercept."""
    learner = document["learner"]
    booster = learner["gradient_booster"]
    model = booster["model"]
    parameters = {**model["gbtree_model_param"], "num_trees": "0"}
    none = {"trees": [], "tree_info": [], "iteration_indptr": [0], "weight_drop": []}
    empty = {**model, "gbtree_model_param": parameters, **none}
    # Otherwise XGBoost takes a model without trees for one whose intercept is still to be learnt.
    settled = {**learner["learner_model_param"], "boost_from_average": "0"}
    bare = {
        **learner,
        "learner_model_param": settled,
        "gradient_booster": {**booster, "model": empty},
    }
    return {**document, "learner": bare}


def _refuse_other_trees(tree: dict) -> None:
    if int(tree["tree_param"].get("size_leaf_vector", "0")) > 1:
        raise UnsupportedModelError("trees with several values per leaf")
    if len(tree["categories"]) or any(tree["split_type"]):
        raise UnsupportedModelError("categorical splits")


def _append(tree: dict, weight: float, nodes: bytearray, thresholds: dict[int, list[float]]) -> int:
    """Append a tree level by level, the two children of a node side by side; return its depth.

    XGBoost multiplies the value of a leaf with the weight of its tree in float32 before adding it. In float64
    the product of two float32 is exact, so that packing it rounds once, as the multiplication does.
    """
    left, right = tree["left_children"], tree["right_children"]
    conditions, features, default_left = (
        tree["split_conditions"],
        tree["split_indices"],
        tree["default_left"],
    )
    first = len(nodes) // NODE.size
    level, depth, following = [0], 0, first + 1
    while level:
        below = []
        for index in level:
            if left[index] < 0:
                # Its own left child; no float32 reaches the threshold, and a missing value goes left too.
                own = len(nodes) // NODE.size
                nodes += NODE.pack(float("inf"), DEFAULT_LEFT, own, conditions[index] * weight)
                continue
            feature = features[index]
            flag = DEFAULT_LEFT if default_left[index] else 0
            nodes += NODE.pack(conditions[index], feature | flag, following, 0.0)
            thresholds.setdefault(feature, []).append(conditions[index])
            below += (left[index], right[index])
            following += 2
        level = below
        depth += bool(level)
    return depth
