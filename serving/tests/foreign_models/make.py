"""Writes models as other libraries and older versions do: what the server reads, or calls by its name.

Each part runs in an environment of its own:

    pip install xgboost-cpu==3.4.1 scikit-learn==1.9.1 joblib dill lz4 skops
    python make.py current
    pip install xgboost==1.5.2 scikit-learn==1.0.2 joblib      # Python 3.8
    python make.py old
    pip install xgboost==0.90 numpy scipy                      # Python 3.6
    python make.py oldest
"""

import json
import sys
from pathlib import Path

import numpy
import xgboost

FOLDER = Path(__file__).parent
RANDOM = numpy.random.RandomState(3)
FEATURES = RANDOM.normal(size=(60, 3)).round(2)
LABELS = (FEATURES[:, 0] > 0).astype(int)


def answers(name, predictions):
    """What the model says of the first rows."""
    document = {"features": FEATURES[:8].tolist(), "predictions": predictions[:8].tolist()}
    (FOLDER / (name + ".answers")).write_text(json.dumps(document) + "\n")


def current():
    import dill
    import joblib
    import skops.io
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    model = xgboost.XGBRegressor(n_estimators=20, max_depth=3, n_jobs=1).fit(FEATURES, FEATURES[:, 1])
    joblib.dump(model, FOLDER / "xgboost.lz4", compress=("lz4", 3))
    answers("xgboost", model.predict(FEATURES).astype(float))
    linear = make_pipeline(Ridge()).fit(FEATURES, FEATURES[:, 1])
    joblib.dump(linear, FOLDER / "pipeline.lz4", compress=("lz4", 3))
    answers("pipeline", linear.predict(FEATURES))
    skops.io.dump(linear, FOLDER / "pipeline.skops")
    taken = make_pipeline(FunctionTransformer(lambda rows: rows * 2), Ridge()).fit(FEATURES, FEATURES[:, 1])
    (FOLDER / "pipeline.dill").write_bytes(dill.dumps(taken, recurse=True))
    custom = xgboost.XGBRegressor(
        n_estimators=3, n_jobs=1, base_score=0.5, objective=lambda y, p: (p - y, numpy.ones_like(y))
    ).fit(FEATURES, FEATURES[:, 1])
    (FOLDER / "xgboost.dill").write_bytes(dill.dumps(custom, recurse=True))
    answers("xgboost-dill", custom.predict(FEATURES).astype(float))


def old():
    import joblib
    from sklearn.linear_model import LinearRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = xgboost.XGBClassifier(n_estimators=3, use_label_encoder=False, eval_metric="logloss")
    joblib.dump(
        make_pipeline(StandardScaler(), model).fit(FEATURES, LABELS), FOLDER / "xgboost-1.5-inside.pkl"
    )
    model.fit(FEATURES, LABELS).get_booster().save_model(str(FOLDER / "1.5.bst"))
    linear = make_pipeline(StandardScaler(), LinearRegression()).fit(FEATURES, FEATURES[:, 1])
    joblib.dump(linear, FOLDER / "scikit-learn-1.0.pkl")
    answers("scikit-learn-1.0", linear.predict(FEATURES))


def oldest():
    data = xgboost.DMatrix(FEATURES, LABELS)
    booster = xgboost.train({"objective": "binary:logistic", "silent": 1}, data, 3)
    booster.save_model(str(FOLDER / "0.90.bst"))
    booster.dump_model(str(FOLDER / "0.90.txt"))
    booster.dump_model(str(FOLDER / "dump.json"), dump_format="json")


if __name__ == "__main__":
    {"current": current, "old": old, "oldest": oldest}[sys.argv[1]]()
