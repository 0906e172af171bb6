"""A worker as a process, with a rule instead of a model: value 1 when a client's age plus purchases is even.

Started by tests as `python rule_worker.py`, with settings in the environment like `liftstream run`.
"""

import sys

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.settings import load_settings
from pipeline.model import Model
from pipeline.process import run_worker


class Rule:
    """Scores that are 0 or 1; a client of age 99 has none."""

    default_threshold = 0.5
    sha256 = "rule"

    def score(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        scores = (matrix[:, 0] + matrix[:, 3:].sum(axis=1)) % 2 == 0
        return np.where(matrix[:, 0] == 99, np.nan, scores.astype(float))


if __name__ == "__main__":
    settings = load_settings()
    settings.pipeline.model.touch()
    sys.exit(run_worker(settings, lambda: Model(settings.pipeline, lambda _: Rule())))
