"""What a model of XGBoost says in its own format, checked before anyone takes it at its word.

XGBoost's reader trusts indices and lengths, as the native evaluator does. So each of them is checked here
first: a damaged file ends in a sentence. What no known version of XGBoost writes is no damage, but nothing
can be said about its predictions either: such `doubts` leave it to golden requests to prove them right.
"""

import json
import math
import re
from array import array
from dataclasses import dataclass, field, replace

import msgspec

from model_server.models.xgboost import ubjson
from model_server.models.xgboost.ubjson import UbjsonError

# What this reader knows: everything that XGBoost has written from the first of these to the last.
FIRST_VERSION = (1, 0, 0)
LAST_VERSION = (3, 4)

# A row is dense: with more features than this, no request could bring one.
MAX_FEATURES = 1 << 24
MAX_OUTPUTS = 1 << 16
# XGBoost goes down trees by recursion, of which its stack holds some eighty thousand steps.
MAX_TREE_DEPTH = 10_000
# Categories are numbers in float32, exact up to here.
MAX_CATEGORIES = 1 << 24
DELETED = 0x7FFFFFFF
# How an integer and a real number are told in parameters, which are texts.
COUNT = re.compile(r"[0-9]{1,10}")
REAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")

LOGIT_OF_RAW_SCORE_UNTIL = (1, 3)

ROOT_KEYS = {"learner", "version"}
LEARNER_KEYS = {
    *("attributes", "feature_names", "feature_types", "gradient_booster"),
    *("learner_model_param", "learner_train_param", "objective"),
}
LEARNER_PARAMETERS = {"base_score", "boost_from_average", "num_class", "num_feature", "num_target"}
BOOSTER_KEYS = {"gbtree": {"model", "name", "weight_drop"}, "dart": {"gbtree", "name", "weight_drop"}}
LINEAR_KEYS = {"boosted_rounds", "weights", "param"}
MODEL_KEYS = {"cats", "gbtree_model_param", "iteration_indptr", "tree_info", "trees", "weight_drop"}
MODEL_PARAMETERS = {"num_parallel_tree", "num_trees", "size_leaf_vector"}
CATEGORY_KEYS = {"enc", "feature_segments", "sorted_idx"}
TREE_PARAMETERS = {"num_deleted", "num_feature", "num_nodes", "size_leaf_vector"}
INTEGERS = ("left_children", "right_children", "parents", "split_indices")
TREE_KEYS = {
    *INTEGERS,
    *("base_weights", "categories", "categories_nodes", "categories_segments", "categories_sizes"),
    *("default_left", "id", "leaf_child_counts", "leaf_weights", "loss_changes", "split_conditions"),
    *("split_type", "sum_hessian", "tree_param"),
}
OBJECTIVE_KEYS = {
    *("aft_loss_param", "expectile_loss_param", "lambda_rank_param", "lambdarank_param", "name"),
    *("poisson_regression_param", "pseduo_huber_param", "pseudo_huber_param", "quantile_loss_param"),
    *("reg_loss_param", "softmax_multiclass_param", "tweedie_regression_param"),
}
# The lists by which some objectives have one output each.
LEVELS = {
    "reg:quantileerror": ("quantile_loss_param", "quantile_alpha"),
    "reg:expectileerror": ("expectile_loss_param", "expectile_alpha"),
}


class DamagedModelError(ValueError):
    """The document contradicts itself; the message says where."""


@dataclass(frozen=True)
class ModelDocument:
    """What the rest of the server needs to know of it."""

    version: tuple[int, ...] | None = None
    # Why nothing can be said about the predictions, one sentence each.
    doubts: tuple[str, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    # What the scikit-learn interface left beside the model, as a dictionary.
    estimator: dict | None = None
    objective: str = ""
    booster: str = "gbtree"
    classes: int = 0
    rounds: int = 0
    # Before 1.6 a file does not tell how many trees a round has: XGBoost counts each tree as a round, and
    # writes that down where it saves such a file anew.
    counts_trees: bool = False

    def judged_by(self, library: str) -> "ModelDocument":
        """The same, with a doubt if the library is older than the model."""
        if self.version is None or self.version <= tuple(map(int, library.split("."))):
            return self
        written_by = ".".join(map(str, self.version))
        doubt = (
            f"XGBoost {written_by} wrote the model, and XGBoost {library} serves it, which may ignore parts "
            "of it"
        )
        return replace(self, doubts=(doubt, *self.doubts))


def decode(content: bytes, format: str) -> object:
    """From bytes to lists and dictionaries."""
    try:
        return ubjson.decode(content) if format == "ubj" else _from_json(content)
    except (UbjsonError, msgspec.DecodeError, ValueError, RecursionError) as error:
        raise DamagedModelError(str(error)) from None


def _from_json(content: bytes) -> object:
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError as error:
        # XGBoost writes NaN, which is no JSON, for splits by category.
        if b"NaN" not in content and b"Infinity" not in content:
            raise
        try:
            return json.loads(content)
        except ValueError:
            raise error from None


def read(content: bytes, format: str) -> tuple[ModelDocument, bytes]:
    """Check a whole document; also return it as the current XGBoost reads it. Raises DamagedModelError."""
    return _checked(decode(content, format), content)


def read_pickled(content: bytes, format: str) -> tuple[ModelDocument, bytes]:
    """The same for what a pickle holds: the model alone.

    The configuration for training that lies beside it has no say in its predictions.
    """
    if format == "ubj":
        try:
            root, members = ubjson.decode_with_members(content)
        except UbjsonError as error:
            raise DamagedModelError(str(error)) from None
        start, end = members.get("Model", (0, len(content)))
        return _checked(root.get("Model", root) if isinstance(root, dict) else root, content[start:end])
    root = decode(content, format)
    inner = root.get("Model", root) if isinstance(root, dict) else root
    return _checked(inner, json.dumps(inner).encode())


def _checked(root: object, content: bytes) -> tuple[ModelDocument, bytes]:
    check = _Check(root)
    document = check.document()
    # Texts of numbers stay what they are: Python writes the shortest one that means the same.
    return document, json.dumps(check.root, default=list).encode() if check.repaired else content


class _Check:
    def __init__(self, root: object):
        self.root = _object(root, "the file")
        self.doubts: list[str] = []
        self.features = 0
        self.outputs = 0
        # How many trees a round has for each output; 0 if the file does not tell.
        self.trees_of_round = 0
        self.repaired = False

    def document(self) -> ModelDocument:
        if not isinstance(self.root.get("learner"), dict):
            raise DamagedModelError("it is no model: there is no `learner` in it")
        learner = self.root["learner"]
        version = self.version()
        self.known(self.root, ROOT_KEYS, "the file")
        self.known(learner, LEARNER_KEYS, "`learner`")
        attributes = {
            key: _text(value, f"the attribute {key}")
            for key, value in _object(learner.get("attributes", {}), "`attributes`").items()
        }
        classes = self.parameters(learner)
        self.names(learner)
        objective = self.objective(_object(learner.get("objective"), "`objective`"), classes)
        if objective == "binary:logitraw" and version and version < LOGIT_OF_RAW_SCORE_UNTIL:
            self.take_logit(learner["learner_model_param"])
        booster, rounds, counts_trees = self.booster(
            _object(learner.get("gradient_booster"), "`gradient_booster`")
        )
        for name in ("best_iteration", "best_ntree_limit"):
            if name in attributes:
                _count(attributes, name, "attribute")
        estimator = _estimator(attributes)
        counts_trees = counts_trees or self.was_saved_anew(attributes, estimator or {})
        return ModelDocument(
            version=version,
            doubts=tuple(self.doubts),
            attributes=attributes,
            estimator=estimator,
            objective=objective,
            booster=booster,
            classes=classes,
            rounds=rounds,
            counts_trees=counts_trees,
        )

    def was_saved_anew(self, attributes: dict[str, str], estimator: dict) -> bool:
        """Whether a newer version has counted each tree of a file of before 1.6 as a round.

        What was left beside the model knows better: how many trees a round has, or how many predict best.
        """
        if self.trees_of_round != 1:
            return False
        size = estimator.get("num_parallel_tree")
        if isinstance(size, int) and size > 1:
            return True
        if not {"best_iteration", "best_ntree_limit"} <= attributes.keys():
            return False
        return int(attributes["best_ntree_limit"]) != int(attributes["best_iteration"]) + 1

    def known(self, given: dict, keys: set[str], place: str) -> None:
        unknown = sorted(str(key) for key in given.keys() - keys)
        if unknown:
            names = ", ".join(unknown[:5])
            self.doubts.append(f"{place} holds {names[:200]}, which no known version of XGBoost writes")

    def version(self) -> tuple[int, ...] | None:
        if "version" not in self.root:
            self.doubts.append("the file does not say which version of XGBoost wrote it")
            return None
        given = _integers(self.root["version"], "`version`")
        if len(given) != 3:
            raise DamagedModelError(f"`version` is {given.tolist()[:10]} instead of three numbers")
        version = tuple(given)
        if version < FIRST_VERSION or min(version) < 0:
            text = ".".join(map(str, version))
            self.doubts.append(f"the file says that XGBoost {text} wrote it, which wrote no such files")
        elif version[:2] > LAST_VERSION:
            text = ".".join(map(str, version))
            self.doubts.append(f"this server knows nothing of the format of XGBoost {text}")
        return version

    def parameters(self, learner: dict) -> int:
        """What a model takes and gives; return the number of classes."""
        given = _object(learner.get("learner_model_param"), "`learner_model_param`")
        self.known(given, LEARNER_PARAMETERS, "`learner_model_param`")
        self.features = _count(given, "num_feature")
        classes = _count(given, "num_class", default=0)
        targets = _count(given, "num_target", default=1)
        if not 1 <= self.features <= MAX_FEATURES:
            raise DamagedModelError(f"num_feature is {self.features} instead of 1 to {MAX_FEATURES}")
        if classes > 1 and targets > 1:
            raise DamagedModelError(f"it has {classes} classes and {targets} targets at once")
        self.outputs = max(classes, targets, 1)
        if self.outputs > MAX_OUTPUTS:
            raise DamagedModelError(f"it has {self.outputs} outputs, which is more than {MAX_OUTPUTS}")
        scores = _reals(given, "base_score")
        if len(scores) not in (1, self.outputs):
            raise DamagedModelError(f"base_score has {len(scores)} values for {self.outputs} outputs")
        return classes

    def take_logit(self, parameters: dict) -> None:
        """Before 1.3 base_score was a probability for this objective too, and since then it is the margin."""
        (score,) = _reals(parameters, "base_score")
        if not 0 < score < 1:
            raise DamagedModelError(f"base_score is {score} instead of a probability")
        odds = _rounded(_rounded(1 / _rounded(score)) - 1)
        parameters["base_score"] = repr(_rounded(-math.log(odds)))
        self.repaired = True

    def names(self, learner: dict) -> None:
        for key in ("feature_names", "feature_types"):
            given = _list(learner.get(key, []), f"`{key}`")
            if len(given) not in (0, self.features):
                raise DamagedModelError(f"there are {len(given)} {key} for {self.features} features")
            for value in given:
                _text(value, f"an item of `{key}`")

    def objective(self, given: dict, classes: int) -> str:
        name = _text(given.get("name"), "the name of the objective")
        self.known(given, OBJECTIVE_KEYS, "`objective`")
        for key, value in given.items():
            if key != "name" and key in OBJECTIVE_KEYS:
                for parameter, text in _object(value, f"`{key}`").items():
                    _text(text, f"`{parameter}` of `{key}`")
        if name.startswith("multi:"):
            told = _count(given.get("softmax_multiclass_param") or {}, "num_class")
            if told != classes or not classes:
                raise DamagedModelError(f"the objective has {told} classes, and the model {classes}")
        if name in LEVELS:
            group, key = LEVELS[name]
            levels = _reals(given.get(group) or {}, key)
            if len(levels) != self.outputs:
                raise DamagedModelError(f"{key} has {len(levels)} values for {self.outputs} outputs")
            if name == "reg:quantileerror" and levels != sorted(levels):
                raise DamagedModelError(
                    f"{key} is {levels}; since 3.4 XGBoost takes ascending ones only: train it anew with "
                    "the quantiles in ascending order"
                )
        return name

    def booster(self, given: dict) -> tuple[str, int, bool]:
        """Its name, how many rounds XGBoost counts, and whether it counts each tree as a round."""
        name = _text(given.get("name"), "the name of the booster")
        if name == "gblinear":
            return name, *self.linear(_object(given.get("model"), "`model`"))
        if name not in BOOSTER_KEYS:
            raise DamagedModelError(f"the booster is {name[:100]!r} instead of gbtree, dart or gblinear")
        self.known(given, BOOSTER_KEYS[name], "`gradient_booster`")
        inner = given
        if name == "dart":
            inner = _object(given.get("gbtree"), "`gbtree`")
            self.known(inner, {"model", "name"}, "`gbtree`")
        model = _object(inner.get("model"), "`model`")
        self.known(model, MODEL_KEYS, "`model`")
        count, counts_trees = self.forest(model)
        for holder in (given, model):
            if "weight_drop" in holder:
                weights = _numbers(holder["weight_drop"], "`weight_drop`")
                if len(weights) not in (0, count) or not _all_finite(weights):
                    raise DamagedModelError(f"`weight_drop` is no list of {count} numbers, one for each tree")
        return name, self.rounds(model, count), counts_trees

    def linear(self, model: dict) -> tuple[int, bool]:
        self.known(model, LINEAR_KEYS, "`model`")
        weights = _numbers(model.get("weights"), "`weights`")
        expected = (self.features + 1) * self.outputs
        if len(weights) != expected:
            raise DamagedModelError(f"there are {len(weights)} weights instead of {expected}")
        rounds = model.get("boosted_rounds")
        if not isinstance(rounds, int | None):
            raise DamagedModelError("boosted_rounds is no integer")
        if rounds is None or (not rounds and any(weights)):
            # Before 1.5 nobody counted them, and 3.4 takes a model of no rounds for one whose base_score is
            # still to be learnt: it adds the probability where the margin belongs.
            model["boosted_rounds"] = 1
            self.repaired = True
        return 0, False

    def forest(self, model: dict) -> tuple[int, bool]:
        parameters = _object(model.get("gbtree_model_param"), "`gbtree_model_param`")
        self.known(parameters, MODEL_PARAMETERS, "`gbtree_model_param`")
        count = _count(parameters, "num_trees")
        trees = _list(model.get("trees"), "`trees`")
        groups = _integers(model.get("tree_info"), "`tree_info`")
        if not len(trees) == len(groups) == count:
            raise DamagedModelError(
                f"num_trees is {count}, there are {len(trees)} trees, and tree_info has {len(groups)} items"
            )
        if count and not 0 <= min(groups) <= max(groups) < self.outputs:
            raise DamagedModelError(f"tree_info names outputs that are not among the {self.outputs}")
        if "cats" in model:
            self.categories(_object(model["cats"], "`cats`"))
        for index, tree in enumerate(trees):
            try:
                self.tree(_object(tree, "it"), index)
            except DamagedModelError as error:
                raise DamagedModelError(f"tree {index}: {error}") from None
        self.trees_of_round = _count(parameters, "num_parallel_tree", default=0)
        return count, "num_parallel_tree" not in parameters

    def rounds(self, model: dict, count: int) -> int:
        size = _count(model["gbtree_model_param"], "num_parallel_tree", default=1)
        if not size:
            raise DamagedModelError("num_parallel_tree is 0")
        if "iteration_indptr" in model:
            ends = _integers(model["iteration_indptr"], "`iteration_indptr`").tolist()
            if not ends or ends[0] != 0 or ends[-1] != count or ends != sorted(ends):
                raise DamagedModelError(f"iteration_indptr does not rise from 0 to the {count} trees")
            return len(ends) - 1
        if not count:
            return 0
        # As XGBoost makes up for it.
        trees = size * (max(model["tree_info"]) + 1)
        if count % trees:
            raise DamagedModelError(f"{count} trees do not make whole rounds of {trees}")
        return count // trees

    def categories(self, given: dict) -> None:
        """The categories of a data frame, by name."""
        self.known(given, CATEGORY_KEYS, "`cats`")
        ends, total = [0], 0
        for column in _list(given.get("enc"), "`enc`"):
            column = _object(column, "an item of `enc`")
            self.known(column, {"offsets", "type", "values"}, "`enc`")
            values = _integers(column.get("values"), "the values of `enc`")
            count = len(values)
            if "offsets" in column:
                offsets = _integers(column["offsets"], "the offsets of `enc`").tolist()
                # A feature without categories has neither.
                ends_of_texts = offsets or [0]
                if ends_of_texts[0] or ends_of_texts[-1] != count or offsets != sorted(offsets):
                    raise DamagedModelError(f"the offsets of `enc` do not rise from 0 to {count}")
                count = len(ends_of_texts) - 1
            elif not isinstance(column.get("type"), int):
                raise DamagedModelError("an item of `enc` has neither offsets nor a type")
            total += count
            ends.append(total)
        segments = _integers(given.get("feature_segments"), "`feature_segments`").tolist()
        if segments and segments != ends:
            raise DamagedModelError("feature_segments does not count the categories in `enc`")
        if len(ends) - 1 not in (0, self.features):
            raise DamagedModelError(f"`enc` has {len(ends) - 1} items for {self.features} features")
        order = _integers(given.get("sorted_idx", []), "`sorted_idx`")
        if order and (len(order) != total or not 0 <= min(order) <= max(order) < total):
            raise DamagedModelError(f"sorted_idx does not order the {total} categories")

    def tree(self, tree: dict, index: int) -> None:
        if not tree.keys() <= TREE_KEYS:
            self.known(tree, TREE_KEYS, f"tree {index}")
        parameters = _object(tree.get("tree_param"), "`tree_param`")
        if not parameters.keys() <= TREE_PARAMETERS:
            self.known(parameters, TREE_PARAMETERS, f"`tree_param` of tree {index}")
        count = _count(parameters, "num_nodes")
        width = max(1, _count(parameters, "size_leaf_vector", default=1))
        if not count:
            raise DamagedModelError("it has no nodes")
        if _count(parameters, "num_feature") != self.features:
            raise DamagedModelError(f"it is made for {parameters['num_feature']} features")
        if tree.get("id") != index:
            raise DamagedModelError(f"its id is {str(tree.get('id'))[:20]}")
        if width > 1 and "leaf_weights" not in tree:
            # XGBoost reads beyond the memory of such a model, instead of refusing it.
            raise DamagedModelError(
                "it has several values per leaf as XGBoost wrote them before 3.2; train it anew with the "
                "version that serves it, or without multi_output_tree"
            )
        left, right, parents, features = (_integers(tree.get(key), f"`{key}`") for key in INTEGERS)
        conditions = _numbers(tree.get("split_conditions"), "`split_conditions`")
        defaults = _integers(tree.get("default_left"), "`default_left`")
        lengths = [*map(len, (left, right, parents, features, conditions, defaults))]
        for key in ("loss_changes", "sum_hessian"):
            lengths.append(len(_numbers(tree.get(key), f"`{key}`")))
        weights = _numbers(tree.get("base_weights"), "`base_weights`")
        if width == 1:
            lengths.append(len(weights))
        if any(length != count for length in lengths):
            raise DamagedModelError(f"it has {count} nodes, but its lists have {lengths} items")
        if not set(defaults) <= {0, 1}:
            raise DamagedModelError("default_left holds more than 0 and 1")
        if "num_deleted" not in parameters and DELETED in features:
            # 1.0 counted them when it read a model; later versions refuse a tree that does not tell.
            parameters["num_deleted"] = str(features.count(DELETED))
            self.repaired = True
        self.shape(left, right, parents, _count(parameters, "num_deleted", default=0))
        splits = [node for node in range(count) if left[node] >= 0]
        for node in splits:
            if not 0 <= features[node] < self.features and features[node] != DELETED:
                raise DamagedModelError(
                    f"node {node} splits by feature {features[node]}, and the model takes {self.features}"
                )
        categorical = self.splits_by_category(tree, count)
        for node in splits:
            if conditions[node] != conditions[node] and node not in categorical:
                raise DamagedModelError(f"node {node} splits at NaN")
        if width > 1:
            self.leaf_vectors(tree, width, left, right, weights)

    def shape(self, left: array, right: array, parents: array, deleted: int) -> None:
        """It is one tree: every node that is not deleted is reached from the root, and once."""
        count = len(left)
        reached, level, depth = 1, [0], 0
        while level:
            below = []
            for node in level:
                child = left[node]
                if child == -1:
                    continue
                # XGBoost takes the right child to be the next of the left.
                if not 0 < child < count - 1 or right[node] != child + 1:
                    raise DamagedModelError(f"node {node} has the children {child} and {right[node]}")
                if parents[child] != node or parents[child + 1] != node:
                    raise DamagedModelError(f"node {node} is not the parent of its children")
                below += (child, child + 1)
            reached += len(below)
            depth += bool(below)
            if reached > count or depth > MAX_TREE_DEPTH:
                raise DamagedModelError("its nodes do not make a tree that ends")
            level = below
        if reached + deleted != count:
            raise DamagedModelError(f"{count - deleted} nodes should be reached from its root, {reached} are")
        # Deleted ones are looked up by XGBoost as well.
        if deleted and not (min(parents[1:]) >= 0 and max(parents[1:]) < count):
            raise DamagedModelError("a node has a parent that is not there")

    def splits_by_category(self, tree: dict, count: int) -> set[int]:
        """Check the lists of categories; return the nodes that have one."""
        if "split_type" not in tree:
            return set()
        kinds = _integers(tree["split_type"], "`split_type`")
        nodes = _integers(tree.get("categories_nodes"), "`categories_nodes`").tolist()
        begins = _integers(tree.get("categories_segments"), "`categories_segments`")
        sizes = _integers(tree.get("categories_sizes"), "`categories_sizes`")
        categories = _integers(tree.get("categories"), "`categories`")
        if len(kinds) != count or not set(kinds) <= {0, 1}:
            raise DamagedModelError(f"split_type is no list of {count} zeros and ones")
        if not len(nodes) == len(begins) == len(sizes):
            raise DamagedModelError("the lists of its splits by category differ in length")
        if nodes != [node for node, kind in enumerate(kinds) if kind]:
            raise DamagedModelError("categories_nodes are not the nodes that split_type names")
        for begin, size in zip(begins, sizes, strict=True):
            if begin < 0 or size < 1 or begin + size > len(categories):
                raise DamagedModelError(f"its {len(categories)} categories have no {size} from {begin} on")
        if categories and not 0 <= min(categories) <= max(categories) < MAX_CATEGORIES:
            raise DamagedModelError("a category is negative or too large")
        return set(nodes)

    def leaf_vectors(self, tree: dict, width: int, left: array, right: array, weights: array) -> None:
        if width != self.outputs:
            raise DamagedModelError(f"its leaves have {width} values for {self.outputs} outputs")
        values = _numbers(tree["leaf_weights"], "`leaf_weights`")
        leaves = [node for node, child in enumerate(left) if child == -1]
        if len(values) != width * len(leaves):
            raise DamagedModelError(f"{len(leaves)} leaves of {width} values have {len(values)} of them")
        if sorted(right[node] for node in leaves) != list(range(len(leaves))):
            raise DamagedModelError("its leaves and their values do not belong together")
        if len(weights) % len(left):
            raise DamagedModelError(f"base_weights has {len(weights)} items for {len(left)} nodes")


def _rounded(number: float) -> float:
    """To float32, in which XGBoost computes."""
    return array("f", [number])[0]


def _object(value: object, what: str) -> dict:
    if not isinstance(value, dict):
        raise DamagedModelError(f"{what} is {_found(value)} instead of an object")
    return value


def _list(value: object, what: str) -> list | array:
    if not isinstance(value, list | array):
        raise DamagedModelError(f"{what} is {_found(value)} instead of a list")
    return value


def _text(value: object, what: str) -> str:
    if not isinstance(value, str):
        raise DamagedModelError(f"{what} is {_found(value)} instead of a text")
    return value


def _integers(value: object, what: str) -> array:
    given = _list(value, what)
    if isinstance(given, array) and given.typecode not in "fd":
        return given
    try:
        return array("q", given)
    except (TypeError, OverflowError):
        raise DamagedModelError(f"{what} holds more than integers") from None


def _numbers(value: object, what: str) -> array:
    given = _list(value, what)
    if isinstance(given, array):
        return given
    try:
        return array("d", given)
    except (TypeError, OverflowError):
        raise DamagedModelError(f"{what} holds more than numbers") from None


def _all_finite(numbers: array) -> bool:
    return all(map(math.isfinite, numbers))


def _found(value: object) -> str:
    return "missing" if value is None else f"{type(value).__name__} {str(value)[:50]!r}"


def _count(given: dict, key: str, place: str = "parameter", default: int | None = None) -> int:
    """A number of things, which XGBoost writes as a text."""
    value = _object(given, f"what holds the {place} {key}").get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str) or not COUNT.fullmatch(value):
        raise DamagedModelError(f"the {place} {key} is {_found(value)} instead of a number as text")
    return int(value)


def _reals(given: dict, key: str) -> list[float]:
    """One number or a list of them, as a text."""
    value = _text(_object(given, f"what holds {key}").get(key), key).strip()
    bare = value[1:-1] if value[:1] in "[(" and value[-1:] in "])" else value
    numbers = [part.strip() for part in bare.removesuffix(",").split(",")]
    if not all(map(REAL.fullmatch, numbers)) or not all(math.isfinite(float(each)) for each in numbers):
        raise DamagedModelError(f"{key} is {value[:50]!r} instead of numbers")
    return [float(each) for each in numbers]


def _estimator(attributes: dict[str, str]) -> dict | None:
    text = attributes.get("scikit_learn")
    if text is None:
        return None
    try:
        return _object(json.loads(text), "the attribute scikit_learn")
    except (ValueError, RecursionError) as error:
        if isinstance(error, DamagedModelError):
            raise
        raise DamagedModelError(f"the attribute scikit_learn is no JSON: {error}") from None
