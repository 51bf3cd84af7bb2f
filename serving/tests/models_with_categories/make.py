"""Trains models on columns of categories, and records what XGBoost predicts for their texts.

Run it in an environment with pandas, which the server's own tests do without:

    pip install xgboost-cpu==3.4.1 scikit-learn pandas
    python make.py

With 3.1 to 3.3, which cut some texts in the wrong places, it writes cut.json.
"""

import json
from pathlib import Path

import numpy
import pandas
import xgboost

FOLDER = Path(__file__).parent
ROWS, RECORDED = 300, 12
CITIES = ["oslo", "Paris, France", "Zürich", "東京", ""]
# Cut in the wrong places, the third is "1", and all of them are texts.
CUT = ["über", "1", "2"]


def frame() -> tuple[pandas.DataFrame, numpy.ndarray]:
    generator = numpy.random.default_rng(7)
    columns = pandas.DataFrame(
        {
            "age": generator.normal(40, 10, ROWS).round(1),
            "city": pandas.Categorical(generator.choice(CITIES, ROWS), categories=CITIES),
            "grade": pandas.Categorical(generator.choice([10, 20, 30], ROWS)),
        }
    )
    weights = columns.age + columns.city.cat.codes * 10 + columns.grade.cat.codes * 5
    return columns, (weights > 65).astype(int).to_numpy()


def main() -> None:
    """Write one model for each booster, and the answers."""
    columns, labels = frame()
    asked = columns.head(RECORDED)
    texts = [[float(age), str(city), str(grade)] for age, city, grade in asked.itertuples(index=False)]
    codes = [
        [float(age), int(city), int(grade)]
        for age, city, grade in zip(asked.age, asked.city.cat.codes, asked.grade.cat.codes, strict=True)
    ]
    for booster in ("gbtree", "dart"):
        model = xgboost.XGBClassifier(
            n_estimators=4,
            max_depth=3,
            booster=booster,
            enable_categorical=True,
            max_cat_to_onehot=1,
            random_state=1,
            n_jobs=1,
        ).fit(columns, labels)
        model.save_model(FOLDER / f"{booster}.json")
        answers = {"texts": texts, "codes": codes, "probabilities": model.predict_proba(asked).tolist()}
        (FOLDER / f"{booster}.answers").write_text(json.dumps(answers, ensure_ascii=False) + "\n")


def main_of_older() -> None:
    """Write a model whose texts this version cuts in the wrong places, and the answers to its codes."""
    codes = numpy.arange(ROWS) % len(CUT)
    columns = pandas.DataFrame(
        {"size": pandas.Categorical.from_codes(codes, CUT), "colour": pandas.Categorical(["b", "r"] * 150)}
    )
    model = xgboost.XGBRegressor(n_estimators=2, enable_categorical=True, max_cat_to_onehot=1, n_jobs=1)
    model.fit(columns, codes * 10.0)
    model.save_model(FOLDER / "cut.json")
    answers = {"codes": [0, 1, 2], "predictions": model.predict(columns.head(3)).tolist()}
    (FOLDER / "cut.answers").write_text(json.dumps(answers) + "\n")


if __name__ == "__main__":
    main() if xgboost.__version__ >= "3.4" else main_of_older()
