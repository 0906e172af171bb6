"""Models of statsmodels behind an imputer, a scaler and one-hot codes, on clients drawn at random;
`python -m tests.scoring.statsmodels_pipelines` writes them as PMML with what statsmodels says of 100 clients into the
collection of cases.
"""

import io
import warnings
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np

from tests.scoring.made_cases import CASES, keep_case, write_model

GRADES = ["bad", "fair", "good", "top"]
REGIONS = {"north": 0.5, "south": -0.2, "east": 0.0, "west": 0.1}


def draw_clients(rows: int, seed: int) -> tuple[Any, dict[str, Any]]:
    """Clients with gaps, and outcomes of five kinds that depend on them."""
    import pandas as pd

    random = np.random.default_rng(seed)
    age, income = random.normal(40, 12, rows), random.gamma(2, 1.5, rows)
    visits, region = random.poisson(3, rows).astype(float), random.choice(list(REGIONS), rows)
    pull = 0.03 * (age - 40) - 0.3 * income + 0.1 * visits + np.array([REGIONS[name] for name in region])
    clients = pd.DataFrame({"age": age, "income": income, "visits": visits, "region": region.astype(object)})
    for name in ("age", "income", "region"):
        clients.loc[random.random(rows) < 0.08, name] = None
    clients["region"] = clients["region"].astype(object).where(clients["region"].notna(), None)
    noise = random.logistic(size=rows)
    shares = np.stack([pull, -pull, 0 * pull], axis=1) + random.gumbel(size=(rows, 3))
    graded = pd.Categorical.from_codes(np.digitize(pull + noise, [-1, 0.3, 1.2]), GRADES, ordered=True)
    return clients, {
        "number": pull + random.normal(0, 0.5, rows),
        "count": random.poisson(np.exp(0.5 * pull + 0.3)),
        "answer": np.where(pull + noise > 0, "yes", "no"),
        "choice": np.array(["a", "b", "c"])[shares.argmax(axis=1)],
        "grade": pd.Series(graded, name="outcome"),
    }


def models() -> dict[str, tuple[Any, str, dict[str, Any]]]:
    """Model, kind of outcome and settings of the fit by name."""
    import statsmodels.api as sm
    from sklearn2pmml.statsmodels import (
        StatsModelsClassifier,
        StatsModelsOrdinalClassifier,
        StatsModelsRegressor,
    )
    from statsmodels.miscmodels.ordinal_model import OrderedModel

    quiet = {"disp": 0}
    slow = {"method": "bfgs", "disp": 0}
    return {
        "StatsOLSNoIntercept": (StatsModelsRegressor(sm.OLS, fit_intercept=False), "number", {}),
        "StatsGLMPoisson": (StatsModelsRegressor(sm.GLM, family=sm.families.Poisson()), "count", {}),
        "StatsGLMLogit": (StatsModelsClassifier(sm.GLM, family=sm.families.Binomial()), "answer", {}),
        "StatsMNLogit": (StatsModelsClassifier(sm.MNLogit), "choice", quiet),
        "StatsOrderedLogit": (StatsModelsOrdinalClassifier(OrderedModel, distr="logit"), "grade", slow),
        "StatsOrderedProbit": (StatsModelsOrdinalClassifier(OrderedModel, distr="probit"), "grade", slow),
    }


def _prepare() -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    code = OneHotEncoder(drop="first", sparse_output=False)
    commonest = SimpleImputer(strategy="most_frequent", missing_values=None)
    return ColumnTransformer(
        [
            ("number", make_pipeline(SimpleImputer(), StandardScaler()), ["age", "income"]),
            ("count", "passthrough", ["visits"]),
            ("word", make_pipeline(commonest, code), ["region"]),
        ]
    )


def export(name: str, path: Path) -> tuple[Any, dict[str, Any]]:
    """Writes a model as PMML; 100 clients and what statsmodels says of them, by result column."""
    from sklearn2pmml.pipeline import PMMLPipeline

    model, kind, settings = models()[name]
    pipeline = PMMLPipeline([("prepare", _prepare()), ("model", model)])
    clients, outcomes = draw_clients(800, 1)
    pipeline.target_fields = np.array(["outcome"])
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline.fit(clients, outcomes[kind], **{f"model__{key}": value for key, value in settings.items()})
        pipeline.target_fields = np.array(["outcome"])
        write_model(pipeline, path)
        others, _ = draw_clients(100, 2)
        return others, _expected(pipeline, model, others)


def _expected(pipeline: Any, model: Any, clients: Any) -> dict[str, Any]:
    if not hasattr(model, "predict_proba"):
        return {"outcome": np.asarray(pipeline.predict(clients))}
    shares = np.asarray(pipeline.predict_proba(clients))
    columns = {f"probability({name})": shares[:, i] for i, name in enumerate(model.classes_)}
    return {"outcome": np.asarray(pipeline.predict(clients)), **columns}


def write_cases() -> None:
    """The models, their clients, what statsmodels says, and their entries in the index."""
    for name in models():
        clients, expected = export(name, CASES / f"{name}.pmml")
        rows = clients.astype(object).where(clients.notna(), "").to_numpy().tolist()
        answers = list(expected), np.array([*expected.values()], dtype=object).T.tolist()
        keep_case(name, "statsmodels", "Clients.csv", (list(clients.columns), rows), answers)


if __name__ == "__main__":
    write_cases()
