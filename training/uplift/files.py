"""Reads clients from files: one table of everything, or the clients of an experiment and a table of their features.

Every error names the file, the row (1 is the first below the header), the column and the value.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError
from liftstream.experiment.trial.plans import ORIGINAL
from training.header import check_header, read_header
from training.uplift.clients import Clients, refuse_too_few
from training.uplift.features import Floats, Say, Table
from training.whole_tables import as_numbers, parse, refuse_twice, refuse_where

if TYPE_CHECKING:
    import pandas as pd

ARM, CLIENT, REVENUE = "arm", "client", "revenue"
NAMES_OF_CLIENT: Final = (CLIENT, "uuid", "idx")
CLIENTS, FEATURES = "clients", "features"
"""The tables of a folder."""
MOSTLY: Final = 0.9
"""Smallest share of numbers of a numeric column; its texts are mistakes then."""


def read_table(file: Path, treatment: str, outcome: str, features: Sequence[str]) -> Clients:
    """Clients from one file.

    Args:
        file: CSV, also compressed as .gz, or Parquet.
        treatment: the column that is 1 for influenced and 0 for left alone.
        outcome: the column of numbers.
        features: the columns that were known before; empty: all others.

    Raises:
        InputError: the file cannot be used.
    """
    header = read_header(file, "--data names a table, or a folder with clients and features")
    others = check_header(file, header, (treatment, outcome, *features))
    check_header(file, header, header)
    if features:
        others = list(features)
    if not others:
        raise InputError(
            f"{file}, header: no column besides {treatment!r} and {outcome!r}; there is nothing to learn from"
        )
    frame = parse(file, (treatment, outcome, *others))
    arm = as_numbers(frame[treatment])
    refuse_where(file, frame[treatment], (arm != 0) & (arm != 1), "is not 0 (left alone) or 1 (influenced)")
    clients = Clients(
        _features(file, frame[others]),
        arm.astype(np.uint8),
        _outcomes(file, frame[outcome]),
        f"the file {file.name}",
    )
    refuse_too_few(clients, str(file))
    return clients


def read_experiment(clients: Path, features: Path, treated: str | None, outcome: str, say: Say) -> Clients:
    """The clients of an experiment with two arms: `original`, which was left alone, and the influenced one.

    Args:
        clients: what the platform gives as clients.csv: columns `client`, `arm` and the outcome.
        features: a table with the column `client` (or `uuid`, `idx`) and what was known before.
        treated: the arm that was influenced; None where there is only one besides `original`.
        outcome: column of `clients`; `revenue` is money.
        say: is told what the user should know.

    Raises:
        InputError: a file cannot be used, or the two name different clients.
    """
    check_header(
        clients,
        read_header(clients, "--experiment names the clients of an experiment"),
        (CLIENT, ARM, outcome),
    )
    header = read_header(features, "--features names a table of the same clients")
    name = next((name for name in NAMES_OF_CLIENT if name in header), CLIENT)
    others = check_header(features, header, (name,))
    check_header(features, header, header)
    bought = parse(clients, (CLIENT, ARM, outcome), texts=(CLIENT, ARM))
    known = parse(features, (name, *others), texts=(name,))
    refuse_where(clients, bought[ARM], bought[ARM].isna().to_numpy(), "is no arm")
    for file, ids in ((clients, bought[CLIENT]), (features, known[name])):
        refuse_where(file, ids, ids.isna().to_numpy(), "is no client")
    refuse_twice(clients, CLIENT, bought[CLIENT].to_numpy())
    refuse_twice(features, name, known[name].to_numpy())
    used = bought[ARM].isin([ORIGINAL, _treated(clients, bought[ARM], treated)]).to_numpy()
    money = _outcomes(clients, bought[outcome])
    place = (
        known[name].reset_index().set_index(name)["index"].reindex(bought[CLIENT]).to_numpy(dtype=np.float64)
    )
    found = used & np.isfinite(place)
    if not found.any():
        raise InputError(
            f"{features}, column {name}: names no client of {clients}; both need the same clients"
        )
    if missing := int((used & ~found).sum()):
        say(f"{missing:,} clients of {clients} are left out: {features} does not know them")
    arm = (bought[ARM].to_numpy()[found] != ORIGINAL).astype(np.uint8)
    rows = place[found].astype(np.int64)
    table = {key: values[rows] for key, values in _features(features, known[others]).items()}
    joined = Clients(table, arm, money[found], f"the experiment in {clients.name}")
    refuse_too_few(joined, str(clients))
    return joined


def _treated(file: Path, arms: "pd.Series[Any]", treated: str | None) -> str:
    """The arm that was influenced."""
    there = [str(arm) for arm in arms.unique()]
    others = [arm for arm in there if arm != ORIGINAL]
    listed = ", ".join(map(repr, there[:5]))
    if ORIGINAL not in there:
        raise InputError(
            f"{file}, column {ARM}: no client of the arm {ORIGINAL!r}, which is left alone; there are {listed}"
        )
    if treated is None and len(others) != 1:
        raise InputError(
            f"{file}, column {ARM}: the arms are {listed}; name the influenced one by --treatment"
        )
    if treated is not None and treated not in others:
        raise InputError(f"{file}, column {ARM}: no client of the arm {treated!r}; there are {listed}")
    return treated or others[0]


def _outcomes(file: Path, column: "pd.Series[Any]") -> Floats:
    values = as_numbers(column)
    refuse_where(file, column, ~np.isfinite(values), "is not a number; an outcome is 0 or 1, or an amount")
    return values


def _features(file: Path, frame: "pd.DataFrame") -> Table:
    return {str(name): _feature(file, frame[name]) for name in frame.columns}


def _feature(file: Path, column: "pd.Series[Any]") -> NDArray[Any]:
    """Numbers, or texts with None for missing."""
    missing = column.isna().to_numpy()
    if column.dtype.kind in "iufb":
        numbers: Floats = column.to_numpy(dtype=np.float64)
        return numbers
    values = as_numbers(column)
    bad = ~np.isfinite(values) & ~missing
    if bad.sum() > (1 - MOSTLY) * (~missing).sum():
        texts: NDArray[Any] = column.astype(object).where(~missing, None).to_numpy(dtype=object)
        return np.array([text if text is None else str(text) for text in texts], dtype=object)
    refuse_where(
        file,
        column,
        bad,
        "is not a number, as the others of this column are; leave the cell empty where one is missing",
    )
    return values
