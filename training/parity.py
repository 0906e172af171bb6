"""Proof that an exported model is the trained one: scikit-learn, pypmml and our scorer agree on the same rows."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream import scoring
from liftstream.contracts.errors import ModelError

Floats = NDArray[np.float64]

TOLERANCE: Final = 1e-9
ROWS: Final = 10_000
"""Most rows that are compared."""
OUTPUT: Final = "probability(1)"
MOST_APART: Final = 1e-4
"""Of a score of anybody's model, absolute or relative: some are in single precision."""


class Parity(NamedTuple):
    """The largest difference of probability(1) to scikit-learn's, on how many rows."""

    rows: int
    pypmml: float
    liftstream: float


def compare(
    names: Sequence[str],
    documents: Sequence[bytes],
    expected: Sequence[Floats],
    columns: Mapping[str, Floats],
) -> list[Parity]:
    """Scores the same rows with pypmml and with ours, and sets both beside scikit-learn's scores.

    Args:
        names: of the models.
        documents: the models as PMML.
        expected: probability(1) of each row by each model as it was trained.
        columns: the rows that were scored, by input.

    Raises:
        ModelError: a scorer differs by more than 1e-9.
    """
    with TemporaryDirectory() as folder:
        files = [Path(folder) / f"{name}.pmml" for name in names]
        for file, document in zip(files, documents, strict=True):
            file.write_bytes(document)
        theirs = score_with_pypmml(files, columns)
        ours = [score_with_ours(file, columns) for file in files]
    return [_compare(*one) for one in zip(names, expected, theirs, ours, strict=True)]


def _compare(model: str, expected: Floats, theirs: Floats, ours: Floats) -> Parity:
    scored = {"pypmml": theirs, "liftstream": ours}
    return Parity(len(expected), **{name: difference(model, name, s, expected) for name, s in scored.items()})


def difference(
    model: str, scorer: str, found: Floats, expected: Floats, unit: float = 1.0, most: float = TOLERANCE
) -> float:
    """The largest difference of a scorer's scores to those of the trained model.

    Args:
        model, scorer: their names.
        found: the scores of the exported file.
        expected: the scores of the model as it was trained.
        unit: the unit that differences are counted in.
        most: the largest difference that is accepted.

    Raises:
        ModelError: they differ by more.
    """
    largest = float(np.max(np.abs(found - expected)) / unit)
    if not largest <= most:  # also where it is not a number
        raise ModelError(
            f"{model}: {scorer} scores the exported file {largest:.2g} away from the trained model"
            f" (accepted: {most:g}); nothing was written"
        )
    return largest


def check_export(file: Path, estimator: Any, rows: Any) -> None:
    """Compares the scores of an exported file with those of the fitted model itself, on the first 10,000 rows.

    Args:
        file: in PMML.
        estimator: of scikit-learn, or with its methods; with `predict_proba` each class is compared.
        rows: as it was fitted, a DataFrame; rows with missing values belong to them where live ones have such.

    Raises:
        ModelError: a score is missing, or differs by more than 1e-4; the message counts the rows.
    """
    some = rows.iloc[:ROWS]
    expected = np.asarray(getattr(estimator, "predict_proba", estimator.predict)(some), np.float64)
    model = scoring.load(file)
    scores = model.score(some)
    names = [f"probability({one})" for one in model.classes] or [model.target or "prediction"]
    if hasattr(estimator, "predict_proba") != bool(model.classes) or not set(names) <= set(scores.columns):
        raise ModelError(f"{file}: does not give {', '.join(names)}; there is nothing to compare")
    found = np.column_stack([np.asarray(scores[name], np.float64) for name in names])
    expected = expected.reshape(found.shape)
    unlike = np.flatnonzero(~np.isclose(found, expected, MOST_APART, MOST_APART).all(axis=1))
    if len(unlike):
        row, ours, theirs = unlike[0], found[unlike[0], -1], expected[unlike[0], -1]
        why = "" if scores.problems is None or not scores.problems[row] else f" ({scores.problems[row]})"
        raise ModelError(
            f"{file}: {len(unlike):,} of {len(some):,} rows have other scores than the model itself, such as"
            f" {some.index[row]}: {names[-1]} {ours:.6g}{why} instead of {theirs:.6g}; docs/scoring.md says what converters lose"
        )


def score_with_ours(file: Path, columns: Mapping[str, Floats], output: str = OUTPUT) -> Floats:
    """Scores rows with liftstream.scoring."""
    return np.asarray(scoring.load(file).score(columns)[output], dtype=np.float64)


def score_with_pypmml(
    files: Sequence[Path], columns: Mapping[str, Floats], output: str = OUTPUT
) -> list[Floats]:
    """Scores rows with PMML4S in a process of its own: its Java ends with it, and a Ctrl-C cannot stop py4j half-way.

    Raises:
        ModelError: pypmml cannot read or score a file.
    """
    with TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "columns.npz", Path(folder) / "scores.npy"
        np.savez(asked, allow_pickle=False, **columns)
        # -P: a folder of the user's that is called training must not be taken for ours.
        command = [
            sys.executable,
            "-P",
            "-m",
            "training.second_opinion",
            output,
            *map(str, (asked, answered, *files)),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            said = done.stderr.strip().splitlines() or ["it said nothing"]
            raise ModelError(f"pypmml cannot score the exported models: {said[-1]}")
        return list(np.load(answered))
