"""KServe's model server, predicting as its XGBoost runtime does."""

import os

import kserve
import numpy
import xgboost


class Classifier(kserve.Model):
    def __init__(self):
        super().__init__("sample")
        self.booster = xgboost.Booster({"nthread": 1}, model_file=os.environ["MODEL_UBJ"])
        self.ready = True

    def predict(self, payload, headers=None):
        if isinstance(payload, kserve.InferRequest):
            labels = self._labels(payload.inputs[0].as_numpy())
            output = kserve.InferOutput("predict", list(labels.shape), "INT64", labels.tolist())
            return kserve.InferResponse(payload.id, self.name, [output])
        return {"predictions": self._labels(numpy.array(payload["instances"])).tolist()}

    def _labels(self, rows):
        return (self.booster.predict(xgboost.DMatrix(rows, nthread=1)) > 0.5).astype(int)


if __name__ == "__main__":
    grpc_port = int(os.environ.get("GRPC_PORT", "0"))
    options = {"enable_grpc": True, "grpc_port": grpc_port} if grpc_port else {"enable_grpc": False}
    kserve.ModelServer(http_port=int(os.environ["PORT"]), workers=1, **options).start([Classifier()])
