"""A model of your own: fit, export. Run it in the folder that holds my-shop/ (docs/your-own-model.md)."""

from pathlib import Path

import pandas as pd
from sklearn.ensemble import RandomForestClassifier

from training.export import export
from training.parity import check_export

features = pd.read_csv("my-shop/X_train.csv", index_col="idx").astype(float)
labels = pd.read_csv("my-shop/y_train.csv", index_col="idx")["label"].loc[features.index]
model = RandomForestClassifier(100, min_samples_leaf=20, random_state=1).fit(features, labels)
Path("pmml").mkdir(exist_ok=True)
Path("pmml/mine.pmml").write_bytes(export("mine", model, features.columns))
check_export(Path("pmml/mine.pmml"), model, features)
