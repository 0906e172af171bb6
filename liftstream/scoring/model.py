"""A loaded model as people use it: named columns in, named columns out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.errors import InputError
from liftstream.contracts.model_inputs import ModelInput, ModelOffer
from liftstream.scoring.batch.columns import Booleans, Column, Floats, Words
from liftstream.scoring.batch.prediction import Predictions, confidences_of, share
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.compile.document import PmmlDocument, within_depth
from liftstream.scoring.fields.fields import MiningField
from liftstream.scoring.fields.target import Target
from liftstream.scoring.score_choice import choose_score
from liftstream.scoring.unscored import explain_missing
from liftstream.scoring.xml.types import FieldType, number_of

NUMBERS: Final = {"double", "float", "integer"}
PREDICTION = "prediction"
"""The column of a prediction whose target the document does not name."""


@dataclass(frozen=True)
class Scores(Mapping[str, NDArray[Any]]):
    """Result columns by name: floats (NaN missing), integers, or Python strings (None missing).

    Attributes:
        columns: the target, every OutputField, `probability(<class>)` of a classifier, `confidence` of a tree.
        problems: [rows] why a row has no score, None where it has one; None where every row has.
        whole: the columns of whole numbers, which are floats where a row has none.
    """

    columns: Mapping[str, NDArray[Any]]
    problems: NDArray[np.object_] | None = None
    whole: frozenset[str] = frozenset()

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self.columns[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns)

    def to_frame(self) -> Any:
        """The columns as a pandas DataFrame."""
        import pandas

        return pandas.DataFrame(dict(self.columns))


class Model:
    """A PMML document compiled into arrays.

    Attributes:
        path: of the file.
        sha256: of the file's bytes.
        document: the compiled document.
    """

    engine = "compiled"

    def __init__(self, document: PmmlDocument, path: Path, sha256: str) -> None:
        self.document, self.path, self.sha256 = document, path, sha256
        self._gives_probabilities: bool | None = None

    def __repr__(self) -> str:
        target = self.document.model.target
        return f"<{self.document.element.tag} {self.path.name}: {len(self.inputs)} inputs -> {target.name or PREDICTION}>"

    @property
    def function(self) -> str:
        """What it predicts: regression, classification or another of the standard's words."""
        return self.document.model.target.function

    @property
    def inputs(self) -> tuple[str, ...]:
        """The fields that the model asks for."""
        return self.document.inputs.names

    @property
    def numeric_inputs(self) -> frozenset[str]:
        """Those of them that are numbers."""
        given = self.document.inputs.numeric
        return frozenset(one.symbol.name for one in given if one.symbol.type.datatype in NUMBERS)

    @property
    def offer(self) -> ModelOffer:
        """What it asks for and gives."""
        given = {one.symbol.name: one.rule for one in self.document.inputs.given}
        inputs = tuple(_describe_input(given[name]) for name in self.inputs)
        return ModelOffer(inputs, self.function, self.classes, self.output_names)

    @property
    def target(self) -> str:
        """The column of the prediction."""
        return self.document.model.target.name or PREDICTION

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories of a classifier as the dictionary orders them, () of any other model."""
        model = self.document.model
        if self.function != "classification":
            return ()
        declared = [name for name in model.target.classes if name in model.classes]
        return tuple(dict.fromkeys((*declared, *model.classes)))

    @property
    def gives_probabilities(self) -> bool:
        """Whether a classifier says how likely each class is (found out by scoring a row of missing values)."""
        if self._gives_probabilities is None:
            row = self.document.inputs.from_columns({}, 1)
            with np.errstate(all="ignore"):
                self._gives_probabilities = self.document.model.score(row).probabilities is not None
        return self._gives_probabilities

    def scores(self, rows: Any) -> NDArray[np.float64]:
        """One number a row: the probability of class 1 (or true, or the second of two), a label 0/1, a prediction.

        Raises:
            ModelUnfit: the model gives no such number.
        """
        with within_depth(str(self.path)):
            batch = self._batch(rows)
            scores = choose_score(self).read(self.document.model.score(batch))
        return np.where(batch.sound, scores, np.nan)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The OutputFields that are meant for people."""
        return tuple(symbol.name for symbol, final in self._outputs() if final)

    def score(self, rows: Any) -> Scores:
        """Scores rows.

        Args:
            rows: a pandas DataFrame, or a mapping of column names to arrays, lists or series of one length; columns
                that the model does not know are ignored, absent ones count as missing.

        Raises:
            InputError: none of the model's inputs is there, or lengths differ.
        """
        with within_depth(str(self.path)):
            return self.finish(self._batch(rows))

    def _batch(self, rows: Any) -> Batch:
        columns = {name: rows[name] for name in self.inputs if name in rows}
        return self.document.inputs.from_columns(columns, self._count(rows, columns))

    def _count(self, rows: Any, columns: Mapping[str, Any]) -> int:
        if not columns and self.inputs:
            raise InputError(
                f"{self.path}: none of the columns is an input of the model; it asks for {_some(self.inputs)}"
            )
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            raise InputError(f"{self.path}: columns of different lengths: {lengths}")
        if lengths:
            return next(iter(lengths.values()))
        return len(rows) if hasattr(rows, "columns") else max((len(rows[name]) for name in rows), default=1)

    def finish(self, batch: Batch) -> Scores:
        """All result columns of a batch of inputs."""
        return self.columns_of(self.document.model.score(batch), batch)

    def columns_of(self, prediction: Predictions, batch: Batch) -> Scores:
        """All result columns of what was predicted for a batch."""
        model = self.document.model
        columns: dict[str, NDArray[Any]] = {}
        own = model.target.type
        several = model.family.targets
        if several:
            columns |= _several(several, prediction)
        else:
            columns[self.target] = render(prediction.value, own)
        for symbol, final in self._outputs():
            if final:
                columns[symbol.name] = render(batch.column(symbol.slot), symbol.type)
        for name, values in ({} if several else _shares(prediction)).items():
            columns.setdefault(name, values)
        if batch.problems is not None:
            columns = {name: _keep(values, batch.sound) for name, values in columns.items()}
        explain_missing(prediction.value, self.document.inputs, batch)
        types = {symbol.name: symbol.type for symbol, _ in self._outputs()}
        types |= {self.target: own} if own else {}
        integers = (name for name, kind in types.items() if kind.datatype == "integer")
        return Scores(columns, batch.problems, frozenset(name for name in integers if name in columns))

    def _outputs(self) -> Iterator[tuple[Symbol, bool]]:
        """The outputs of the model and of its segments, the first of each name, and whether people get them."""
        seen = set()
        waiting = [self.document.model]
        while waiting:
            model = waiting.pop(0)
            for output in (*model.outputs, *model.family.shared):
                if output.symbol.name not in seen:
                    seen.add(output.symbol.name)
                    yield output.symbol, output.final
            waiting += [segment.model for segment in model.family.segments]


def _describe_input(rule: MiningField) -> ModelInput:
    field = rule.field
    return ModelInput(
        field.name,
        field.type.datatype,
        field.type.values,
        refuses_missing=rule.missing == "returnInvalid",
        refuses_unknown=rule.invalid == "returnInvalid",
    )


def _several(targets: Mapping[str, Target], prediction: Predictions) -> dict[str, NDArray[Any]]:
    """The columns of several targets, each with its own name in those of its probabilities."""
    columns = {}
    for target, one in prediction.targets.items():
        columns[target] = render(one.value, targets[target].type)
        for name, values in _shares(one).items():
            columns[name.replace("(", f"({target}, ", 1)] = values
    return columns


def _shares(prediction: Predictions) -> dict[str, NDArray[Any]]:
    found = {}
    if prediction.probabilities is not None:
        for column, name in enumerate(prediction.classes):
            found[f"probability({name})"] = prediction.probabilities[:, column]
    if prediction.confidences is not None:
        found["confidence"] = share(confidences_of(prediction), prediction, None)
    return found


def _keep(values: NDArray[Any], sound: Booleans) -> NDArray[Any]:
    """The values of sound rows, nothing elsewhere."""
    if values.dtype.kind in "Ob":
        blank = np.full(len(values), None, dtype=object)
        return np.where(sound, values, blank)
    return np.where(sound, values.astype(np.float64), np.nan)


def render(column: Column, field_type: FieldType | None) -> NDArray[Any]:
    """A column as the array that people get: whole numbers as integers where none is missing."""
    datatype = field_type.datatype if field_type else None
    if isinstance(column, Words):
        if field_type is None or not field_type.numeric or datatype == "boolean":
            return column.objects()
        column = column.lookup(lambda word: number_of(word, "double"))
    if datatype == "boolean" and np.isin(column[~np.isnan(column)], (0.0, 1.0)).all():
        return _truths(column)
    if datatype == "integer" and _whole(column):
        return column.astype(np.int64)
    return column


def _truths(column: Floats) -> NDArray[Any]:
    """True and False, None where there is none."""
    gone = np.isnan(column)
    truths = column == 1.0
    return np.where(gone, np.full(len(column), None, dtype=object), truths) if gone.any() else truths


def _whole(values: Floats) -> bool:
    return bool(np.all(values == np.floor(values)) and np.all(np.abs(values) < 2**53))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (f" and {len(names) - 6} more" if len(names) > 6 else "")
