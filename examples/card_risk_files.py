"""`python examples/card_risk_files.py FOLDER`: simulated payments by card as files, in the form that your own should have.

Writes X_train.csv, y_train.csv (20,000 payments; label 1 is fraud), X_test.csv and y_test.csv (10,000 others).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from liftstream.simulation.payments.payments import draw_payments

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
payments = draw_payments(np.random.default_rng(7), 30_000)
features = pd.DataFrame(payments.columns()).rename_axis("idx")
labels = pd.DataFrame({"label": payments.fraud.astype(int)}).rename_axis("idx")
for part, rows in (("train", slice(None, 20_000)), ("test", slice(20_000, None))):
    features[rows].to_csv(folder / f"X_{part}.csv")
    labels[rows].to_csv(folder / f"y_{part}.csv")
