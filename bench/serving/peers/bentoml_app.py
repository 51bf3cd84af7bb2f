"""A BentoML service."""

import os

import bentoml
import joblib
import numpy


@bentoml.service(workers=1)
class Classifier:
    def __init__(self) -> None:
        self.model = joblib.load(os.environ["MODEL"])

    @bentoml.api
    def predict(self, instances: list[list[float]]) -> list[float]:
        return self.model.predict(numpy.array(instances)).tolist()
