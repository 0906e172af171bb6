"""Rows with the features of a stream: `X_*.csv` (`idx`, then the features by name) and `y_*.csv` (`idx,label`).

A cell is read as the definition has the feature: its type, its range, its categories, and what a missing value becomes.
So a model is judged on what a worker would give it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError
from liftstream.evaluation.money import Stakes
from liftstream.streams.definition import Feature, FeatureValue
from liftstream.streams.feature_values import read_value
from liftstream.streams.paths import ABSENT
from liftstream.streams.paths import Path as RecordPath
from liftstream.streams.unreadable import Unreadable
from training.cross_selling.dataset import split_at_random
from training.cross_selling.money_file import read_money
from training.cross_selling.practice_files import INDEX, judged_pair, pair_of, read_labels
from training.whole_tables import read_columns, read_ids

if TYPE_CHECKING:
    import pandas as pd

TRUTHS: Final = {"true": True, "True": True, "1": True, "false": False, "False": False, "0": False}
"""How booleans are written in files: as in JSON, as in Python, as numbers."""

Column = NDArray[Any]


@dataclass(frozen=True, eq=False)
class StreamRows:
    """Rows with known answers; row i of every array is row i of the file.

    Attributes:
        columns: by feature: float64 with NaN for missing where its values are numbers, else text with None.
        label: uint8, 1 for those whom the decision is meant for.
        worth: what deciding 1 adds for each row, in $.
        source: where they come from, for cards and pictures.
        money: whose money the figures count.
    """

    columns: Mapping[str, Column]
    label: NDArray[np.uint8]
    worth: NDArray[np.float64]
    source: str
    money: str

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: NDArray[np.int64] | slice) -> "StreamRows":
        """Some of these rows."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        return replace(self, columns=columns, label=self.label[rows], worth=self.worth[rows])


def read_judged_rows(
    folder: Path, features: Mapping[str, Feature], say: Callable[[str], None], money: Stakes | Path
) -> StreamRows:
    """The rows of a folder's test files, or of its training files if there are none.

    Args:
        folder: of the files.
        features: the features that are needed, by the name of the column.
        say: is told what the user should know.
        money: what deciding 1 is worth, or a file that says it row by row.

    Raises:
        InputError: a file is missing or cannot be used; it names file, row and column.
    """
    return read_rows(*judged_pair(folder, say), features, say, money)


def read_training_rows(
    folder: Path, features: Mapping[str, Feature], seed: int, say: Callable[[str], None], money: Stakes | Path
) -> tuple[StreamRows, StreamRows]:
    """The rows to learn from and the held-out ones: the test files, or a third of the training rows if there are none.

    Args:
        folder: of `X_train.csv`, `y_train.csv` and, if there, `X_test.csv`, `y_test.csv`.
        features: the features that are needed, by the name of the column.
        seed: chooses the rows that are held out.
        say: is told what the user should know.
        money: what deciding 1 is worth, or a file that says it row by row.

    Raises:
        InputError: as `read_judged_rows`.
    """
    rows = read_rows(*pair_of(folder, "train"), features, say, money)
    test = pair_of(folder, "test")
    if all(path.exists() for path in test):
        return rows, read_rows(*test, features, say, money)
    kept, held = split_at_random(rows.label, seed, rows.source)
    return rows.take(kept), replace(rows.take(held), source=f"a third of {rows.source}")


def read_rows(
    features_file: Path,
    labels_file: Path,
    features: Mapping[str, Feature],
    say: Callable[[str], None],
    money: Stakes | Path,
) -> StreamRows:
    """The rows of one file of features and one of labels; see `read_judged_rows`."""
    frame = read_columns(features_file, (INDEX, *features), say, as_text=True)
    idx = read_ids(features_file, frame[INDEX])
    label = read_labels(labels_file, features_file, idx, say)
    columns = {name: read_column(features_file, frame[name], feature) for name, feature in features.items()}
    if isinstance(money, Path):
        worth, told = read_money(money, features_file, idx), f"$ per row from {money.name}"
    else:
        worth, told = money.of_showing(label), _written(money)
    source = f"{features_file.name} in {features_file.resolve().parent.name}"
    return StreamRows(columns, label, worth, source, told)


def _written(money: Stakes) -> str:
    return (
        f"{money.gain:.2f} $ gained where the label is 1, {money.loss:.2f} $ lost where it is 0,"
        f" break-even score {money.break_even:.3f}"
    )


def read_column(file: Path, column: "pd.Series[Any]", feature: Feature) -> Column:
    """A column of text read as the feature; each distinct cell is read once.

    Raises:
        InputError: a cell is not what the definition accepts.
    """
    import pandas as pd

    codes, cells = pd.factorize(column)  # -1: empty
    table = np.empty(len(cells) + 1, dtype=object)
    if (codes < 0).any():
        table[-1] = _read_cell(file, column, feature, None)
    for code, cell in enumerate(cells):
        table[code] = _read_cell(file, column, feature, str(cell))
    found: Column = table[codes]
    return found.astype(np.float64) if feature.numeric else found


def _read_cell(file: Path, column: "pd.Series[Any]", feature: Feature, cell: str | None) -> FeatureValue:
    plain = replace(feature, unit="iso", path=RecordPath((feature.name,)))
    try:
        return read_value(plain, ABSENT if cell is None else _as_json(feature, cell), "it")
    except Unreadable as fault:
        is_it = column.isna() if cell is None else column == cell
        row = int(np.argmax(is_it.to_numpy()))
        where = f"{file}, row {row + 1}, column {column.name}"
        raise InputError(
            f"{where}: {'an empty cell' if cell is None else repr(cell[:40])}: {fault}"
        ) from None


def _as_json(feature: Feature, cell: str) -> Any:
    """The JSON value of a cell."""
    if feature.type == "boolean":
        return TRUTHS.get(cell, cell)
    if feature.type in ("number", "flag") and "_" not in cell:
        try:
            return TRUTHS[cell] + 0.0 if feature.type == "flag" and cell in TRUTHS else float(cell)
        except ValueError:
            return cell
    return cell
