"""A model as a service of BentoML."""

import bentoml
import numpy
import xgboost


@bentoml.service
class Sums:
    """Loads the model once in each worker."""

    def __init__(self) -> None:
        self.model = xgboost.Booster(model_file="model.ubj")

    @bentoml.api
    def predict(self, features: list[list[float]]) -> list[float]:
        """Answers {"features": [[...]]} with a list of one prediction for each row."""
        return self.model.inplace_predict(numpy.array(features)).astype(float).tolist()
