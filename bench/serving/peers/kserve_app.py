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
        matrix = xgboost.DMatrix(numpy.array(payload["instances"]), nthread=1)
        labels = (self.booster.predict(matrix) > 0.5).astype(int)
        return {"predictions": labels.tolist()}


if __name__ == "__main__":
    kserve.ModelServer(http_port=int(os.environ["PORT"]), enable_grpc=False, workers=1).start([Classifier()])
