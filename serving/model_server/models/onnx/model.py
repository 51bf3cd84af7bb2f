"""A session of onnxruntime: one input of all features or one for each, and what its outputs are."""

from array import array
from typing import Any

from model_server.errors import StartError
from model_server.models import answers
from model_server.models.boosters import LibraryEngine, LibraryModel
from model_server.models.predictions import AnswerFormat, Predictions
from model_server.rows.columns import Column, Columns, Kind
from model_server.rows.row_errors import RowError
from model_server.rows.table import Table
from model_server.settings import Settings

# What a row's value may be in an input of its own, and how numpy calls the type.
KINDS: dict[str, tuple[Kind, str]] = {
    "tensor(float)": ("number", "float32"),
    "tensor(double)": ("number", "float64"),
    "tensor(int64)": ("integer", "int64"),
    "tensor(int32)": ("integer", "int32"),
    "tensor(bool)": ("boolean", "bool"),
    "tensor(string)": ("text", "object"),
}
NUMBERS = ("tensor(float)", "tensor(double)")
LABELS = {"tensor(int64)": "INT64", "tensor(string)": "BYTES"}
REMEDY = "put a predictor.py beside it that asks onnxruntime (docs/predictors.md)"


class OnnxModel(LibraryModel):
    """Labels and probabilities of a classifier as skl2onnx writes them; all other outputs are numbers."""

    platform = "onnx"
    format = "onnx"

    def __init__(self, session: Any, runtime: Any, sha256: str, settings: Settings):
        super().__init__(sha256, settings)
        self._session = session
        self._failures = (runtime.capi.onnxruntime_pybind11_state.InvalidArgument,)
        self.engine = LibraryEngine(f"onnxruntime {runtime.__version__}")
        metadata = session.get_modelmeta()
        self.objective = metadata.graph_name or "ONNX"
        self.parameters = {"producer": metadata.producer_name} if metadata.producer_name else {}
        self._inputs = session.get_inputs()
        self._read_inputs()
        self._read_outputs(session.get_outputs())

    def _read_inputs(self) -> None:
        first = self._inputs[0]
        if len(self._inputs) == 1 and first.type in NUMBERS and _width(first) != 1:
            if _width(first) is None:
                raise StartError(
                    "unsupported_model",
                    f"the model's input {first.name} has the shape {first.shape}, which does not say "
                    f"how many features a row has: convert it with a shape such as [None, 4], or {REMEDY}",
                )
            self.feature_count = _width(first)
            self._type = KINDS[first.type][1]
            return
        strange = [each for each in self._inputs if each.type not in KINDS or _width(each) != 1]
        if strange:
            found = ", ".join(f"{each.name} {each.type} {each.shape}" for each in strange)
            raise StartError(
                "unsupported_model",
                f"the model takes {found}; accepted: one tensor of float or double with the shape "
                f"[None, features], or one with the shape [None, 1] for each feature; {REMEDY}",
            )
        self.columns = Columns([Column(each.name, KINDS[each.type][0]) for each in self._inputs])
        self.takes_tables = True
        self.feature_names = list(self.columns.names)
        self.feature_count = len(self.columns)

    def _read_outputs(self, outputs: list) -> None:
        first = outputs[0]
        probabilities = outputs[1] if len(outputs) > 1 else None
        self._is_classifier = first.type in LABELS and probabilities is not None
        self._asked = [first.name, *([probabilities.name] if self._is_classifier else [])]
        # A sequence of mappings of labels, which converters make by themselves (ZipMap).
        self._has_maps = self._is_classifier and probabilities.type.startswith("seq(map")
        width = _width(first) or 1
        self.answer_format = AnswerFormat(
            LABELS.get(first.type, "FP64"),
            answers_with_lists=not self._is_classifier and width > 1,
            outputs=(_width(probabilities) or 2) if self._is_classifier and not self._has_maps else width,
            gives_probabilities=self._is_classifier,
        )

    def predict(self, rows: array, count: int, with_probabilities: bool = False) -> Predictions:
        matrix = self.matrix(rows, count).astype(self._type)
        return self._run({self._inputs[0].name: matrix}, count, with_probabilities)

    def predict_table(self, table: Table, with_probabilities: bool = False) -> Predictions:
        """The same with an input for each column."""
        given = {}
        for position, each in enumerate(self._inputs):
            kind, numpy_type = KINDS[each.type]
            values = table.values[position]
            if None in values:
                if kind != "number":
                    raise RowError(
                        "invalid_value",
                        f"the model's input {each.name} is {kind}, in which nothing can be missing",
                        values.index(None),
                        position,
                    )
                values = [self.numpy.nan if value is None else value for value in values]
            given[each.name] = self.numpy.array(values, dtype=numpy_type).reshape(table.count, 1)
        return self._run(given, table.count, with_probabilities)

    def _run(self, given: dict[str, Any], count: int, with_probabilities: bool) -> Predictions:
        found = self._session.run(self._asked if with_probabilities else self._asked[:1], given)
        labels = self.numpy.asarray(found[0])
        if labels.size == count:
            labels = labels.reshape(count)
        predictions = answers.of_rows(labels, count, "prediction")
        if not with_probabilities:
            return Predictions(predictions, None)
        shares = [list(each.values()) for each in found[1]] if self._has_maps else found[1]
        probabilities = answers.of_rows(shares, count, "probability")
        if len(probabilities[0]) != self.answer_format.outputs:
            # Mappings tell only now how many classes there are.
            expected = self.answer_format
            self.answer_format = AnswerFormat(expected.label_type, False, len(probabilities[0]), True)
        return Predictions(predictions, probabilities)


def _width(value: Any) -> int | None:
    """How many values a row has; None if the shape does not say it, 1 for a vector."""
    if len(value.shape) == 1:
        return 1
    width = value.shape[1] if len(value.shape) == 2 else None
    return width if isinstance(width, int) else None
