"""ONNX as one of the libraries that the server knows."""

from model_server.errors import StartError
from model_server.model_files import foreign_formats
from model_server.model_files.model_file import ModelFile
from model_server.models.onnx.model import OnnxModel
from model_server.models.packages import needed
from model_server.process import crash
from model_server.rows import missing_marker
from model_server.settings import Settings


class Onnx:
    """A model of tables of numbers and texts, as skl2onnx and onnxmltools make them."""

    formats = "ONNX"
    is_fallback = False

    def recognises(self, file: ModelFile) -> bool:
        return foreign_formats.is_onnx(file.content)

    def load(self, file: ModelFile, settings: Settings) -> OnnxModel:
        missing_marker.refuse_beside("ONNX", settings.missing_marker)
        runtime = needed("onnxruntime", "the model is one of ONNX")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = settings.estimator_threads
        options.inter_op_num_threads = 1
        # Its own messages would be lines between those of the log.
        options.log_severity_level = 4
        with crash.told(f"onnxruntime {runtime.__version__} crashed while it loaded or tried the model"):
            try:
                session = runtime.InferenceSession(file.content, options, ["CPUExecutionProvider"])
            except Exception as error:
                reason = str(error).strip().partition("\n")[0]
                raise StartError("unreadable_model", f"onnxruntime cannot read the model: {reason}") from None
            model = OnnxModel(session, runtime, file.sha256, settings)
            model.try_once()
        file.release()
        return model


LIBRARY = Onnx()
