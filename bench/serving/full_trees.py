"""A model as large as its settings allow: the data is noisy enough that its trees fill up."""

import numpy
import xgboost

FEATURES = 30
TREES = 100
DEPTH = 6


def train() -> xgboost.XGBClassifier:
    generator = numpy.random.default_rng(1)
    features = generator.normal(size=(20_000, FEATURES)).astype(numpy.float32)
    target = features[:, :10].sum(axis=1) + generator.normal(size=20_000) > 0
    return xgboost.XGBClassifier(n_estimators=TREES, max_depth=DEPTH, n_jobs=1).fit(features, target)


def rows(count: int) -> list[list[float]]:
    """Rows that it has not seen, of float32."""
    generator = numpy.random.default_rng(2)
    return generator.normal(size=(count, FEATURES)).astype(numpy.float32).tolist()
