"""Trains models on columns of categories, and records what XGBoost predicts for their texts.

Run it in an environment with pandas, which the server's own tests do without:

    pip install xgboost-cpu==3.4.1 scikit-learn pandas
    python make.py
"""

import json
from pathlib import Path

import numpy
import pandas
import xgboost

FOLDER = Path(__file__).parent
ROWS, RECORDED = 300, 12
CITIES = ["oslo", "Paris, France", "Zürich", "東京", ""]


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


if __name__ == "__main__":
    main()
