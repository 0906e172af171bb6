"""A model with texts, a date and a boolean: fit, export. Run it in the folder that holds payments/ (docs/card-risk.md)."""

from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder
from sklearn2pmml.decoration import DateDomain
from sklearn2pmml.preprocessing import DaysSinceYearTransformer

from training.export import export

TEXTS = ["country", "shop", "channel", "pin", "home", "kind"]
NUMBERS = ["amount", "dearest", "payments_30d", "mean_amount_30d", "countries_30d", "disputes"]

payments = pd.read_csv("payments/X_train.csv", index_col="idx", parse_dates=["issued_on"])
fraud = pd.read_csv("payments/y_train.csv", index_col="idx")["label"].loc[payments.index]
# A pipeline must not end in a step that learns nothing, or scikit-learn takes it for unfitted.
days = make_pipeline(DateDomain(), DaysSinceYearTransformer(year=2000), FunctionTransformer())
columns = ColumnTransformer(
    [
        ("texts", OneHotEncoder(handle_unknown="ignore", sparse_output=False), TEXTS),
        ("issued", days, ["issued_on"]),
        ("numbers", "passthrough", NUMBERS),
    ]
)
trees = HistGradientBoostingClassifier(max_iter=60, max_leaf_nodes=8, random_state=1)
model = Pipeline([("columns", columns), ("trees", trees)]).fit(payments, fraud)
Path("pmml").mkdir(exist_ok=True)
Path("pmml/card_risk.pmml").write_bytes(export("card_risk", model, payments.columns))
