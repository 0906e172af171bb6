"""The practice's own files: `X_*` (`idx`, features in any order) and `y_*` (`idx,label`), CSV or Parquet, matched by
`idx`.

Every error names the file, the row (1 is the first below the header), the column and the value.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError
from liftstream.contracts.features import AGE_MAX, AGE_MIN, FEATURES, LABEL
from liftstream.contracts.messages import UUID_MAX, UUID_MIN
from liftstream.evaluation.classification import Bits
from liftstream.evaluation.money import SHOP, Stakes
from training.cross_selling.dataset import (
    FEWEST_ROWS,
    DataSet,
    LabelledClients,
    hold_out,
    refuse_few_of_a_label,
)
from training.cross_selling.money_file import read_money
from training.header import find_table, read_header
from training.whole_tables import read_columns, read_ids, refuse_twice, whole_numbers

Integers = NDArray[np.int64]
Ids = NDArray[Any]
"""int64, or texts."""

INDEX: Final = "idx"
RANGES: Final = {INDEX: (UUID_MIN, UUID_MAX), "age": (AGE_MIN, AGE_MAX)}
ZERO_OR_ONE: Final = (0, 1)


def read_practice(
    folder: Path, seed: int, say: Callable[[str], None], money: Stakes | Path = SHOP
) -> DataSet:
    """Reads `X_train.csv`, `y_train.csv` and, where both are there, `X_test.csv`, `y_test.csv`.

    Args:
        folder: where the files are.
        seed: chooses the rows that are held out where there are no test files.
        say: is told what the user should know: columns that are ignored, a test file without its partner.
        money: what showing is worth, or a file that says it client by client.

    Raises:
        InputError: a file is missing or cannot be used.
    """
    source = f"the files in {folder.resolve().name}"
    learned_from = pair_of(folder, "train")
    train = read_pair(*learned_from, say, money)
    tests = pair_of(folder, "test")
    if all(path.exists() for path in tests):
        return DataSet(train, read_pair(*tests, say, money), source, _told(money))
    if any(path.exists() for path in tests):
        there, gone = sorted(tests, key=lambda path: not path.exists())
        say(
            f"{there} is left out: there is no {gone.name}; rows of {learned_from[0].name} are held out instead"
        )
    return hold_out(train, seed, source, _told(money))


def read_judged(folder: Path, say: Callable[[str], None], money: Stakes | Path = SHOP) -> DataSet:
    """The rows on which a model that was trained elsewhere is judged: the test files, or else all of the train files.

    Raises:
        InputError: as `read_practice`.
    """
    chosen = judged_pair(folder, say)
    rows = read_pair(*chosen, say, money)
    return DataSet(rows, rows, f"{chosen[0].name} in {folder.resolve().name}", _told(money))


def judged_pair(folder: Path, say: Callable[[str], None]) -> tuple[Path, Path]:
    """The files of features and labels on which a model is judged: those of the test, or else those of training."""
    test, train = pair_of(folder, "test"), pair_of(folder, "train")
    if all(path.exists() for path in test):
        return test
    if train[0].exists():
        say(
            f"judged on {train[0]}: figures flatter a model that was trained on these rows; X_test goes first"
        )
    return train


def pair_of(folder: Path, part: str) -> tuple[Path, Path]:
    """The files of features and labels of a part, `train` or `test`; named as CSV where they are not there."""
    features, labels = (
        find_table(folder, f"{kind}_{part}") or folder / f"{kind}_{part}.csv" for kind in "Xy"
    )
    return features, labels


def _told(money: Stakes | Path) -> str:
    return str(money) if isinstance(money, Stakes) else f"$ per client from {money.name}"


def read_pair(
    features_file: Path, labels_file: Path, say: Callable[[str], None], money: Stakes | Path
) -> LabelledClients:
    """The rows of one file of features and one of labels.

    Raises:
        InputError: as `read_practice`.
    """
    header = read_header(features_file)
    if header and not set(FEATURES) & set(header):
        raise InputError(
            f"{features_file}, header: none of the shop's {len(FEATURES)} features; files for other topics need a"
            " stream definition: --stream FILE (docs/streams.md)"
        )
    features = _read_table(features_file, (INDEX, *FEATURES), say)
    label = read_labels(labels_file, features_file, features[INDEX], say)
    matrix = np.empty((len(label), len(FEATURES)), dtype=np.uint8)
    for i, name in enumerate(FEATURES):
        matrix[:, i] = features[name]
    worth = (
        money.of_showing(label)
        if isinstance(money, Stakes)
        else read_money(money, features_file, features[INDEX])
    )
    return LabelledClients(matrix, label, worth=worth)


def _read_table(file: Path, needed: Sequence[str], say: Callable[[str], None]) -> dict[str, Integers]:
    """The needed columns, checked: whole numbers in their ranges."""
    frame = read_columns(file, needed, say)
    return {name: whole_numbers(file, frame[name], *RANGES.get(name, ZERO_OR_ONE)) for name in needed}


def read_labels(file: Path, features_file: Path, idx: Ids, say: Callable[[str], None]) -> Bits:
    """The label of each row of the features, 0 or 1.

    Args:
        file: with the columns idx and label.
        features_file: the rows that are labelled, for messages.
        idx: the clients of these rows.
        say: is told which columns are ignored.

    Raises:
        InputError: the file cannot be used, names other clients, or the labels are too few to learn from.
    """
    labels = read_columns(file, (INDEX, LABEL), say, as_text=True)
    rows = _match_rows(features_file, idx, file, read_ids(file, labels[INDEX], like=idx))
    label = whole_numbers(file, labels[LABEL], *ZERO_OR_ONE)[rows].astype(np.uint8)
    if len(label) < FEWEST_ROWS:
        raise InputError(f"{features_file}: {len(label)} rows; at least {FEWEST_ROWS:,} are needed")
    if len(np.unique(label)) < 2:
        raise InputError(f"{file}: every label is {label[0]}; both 0 and 1 are needed")
    refuse_few_of_a_label(label, f"{file}: of the {len(label):,} rows")
    return label


def _match_rows(features_file: Path, idx: Ids, labels_file: Path, label_idx: Ids) -> Integers:
    """The row of the labels for each row of the features; both must name the same clients, once each."""
    import pandas as pd

    refuse_twice(features_file, INDEX, idx)
    refuse_twice(labels_file, INDEX, label_idx)
    found: Integers = pd.Index(label_idx).get_indexer(pd.Index(idx)).astype(np.int64)
    (alone,) = np.nonzero(found < 0)
    if len(alone):
        raise InputError(
            f"{features_file}, row {alone[0] + 1}, column {INDEX}: {idx[alone[0]]} has no label in {labels_file}"
            f" ({len(alone):,} such rows); both files must name the same clients"
        )
    if len(label_idx) > len(idx):
        row = int(np.setdiff1d(np.arange(len(label_idx)), found)[0])
        raise InputError(
            f"{labels_file}, row {row + 1}, column {INDEX}: {label_idx[row]} has no features in {features_file}"
            f" ({len(label_idx) - len(idx):,} such rows); both files must name the same clients"
        )
    return found
