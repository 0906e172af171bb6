"""`python examples/shop_files.py FOLDER`: clients of the simulated shop as files, in the form that your own should have.

Writes X_train.csv, y_train.csv (20,000 clients), X_test.csv and y_test.csv (10,000 others).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from liftstream.contracts.features import FEATURES
from liftstream.simulation.shop.population import draw_clients

folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
clients = draw_clients(np.random.default_rng(7), 30_000)
features = pd.DataFrame(clients.features, columns=list(FEATURES)).rename_axis("idx")
labels = pd.DataFrame({"label": clients.interested}).rename_axis("idx")
for part, rows in (("train", slice(None, 20_000)), ("test", slice(20_000, None))):
    features[rows].to_csv(folder / f"X_{part}.csv")
    labels[rows].to_csv(folder / f"y_{part}.csv")
