"""What compiling makes of a model: a family, its target and outputs, and the segments of one that is made of others."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from liftstream.scoring.batch.columns import MISSING, Booleans, Column, Words
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch, Symbol
from liftstream.scoring.expressions.predicates import Predicate
from liftstream.scoring.fields.target import Target
from liftstream.scoring.xml.element import Element


class Family(ABC):
    """A compiled model of one family: a function from a batch to a prediction.

    Attributes:
        classes: the categories of a classifier in the order of its probabilities, () of any other model.
        segments: the models that it is made of; none of most families.
        shared: outputs that several segments have by one name.
        targets: of a family with several targets, all of them by name.
    """

    classes: tuple[str, ...]
    segments: "Sequence[Segment]" = ()
    shared: "Sequence[OutputColumn]" = ()
    targets: Mapping[str, Target] = MappingProxyType({})

    @abstractmethod
    def predict(self, batch: Batch) -> Predictions:
        """The prediction of every row; numpy says nothing of what is undefined meanwhile (`within_depth`)."""


Compute = Callable[[Batch, Predictions], Column]


@dataclass
class OutputColumn:
    """An OutputField. `final` says whether it is meant for the user."""

    symbol: Symbol
    feature: str
    value: str | None
    compute: Compute
    final: bool


@dataclass
class Compiled:
    """A compiled model. `published` are the fields of its outputs, which later segments may read; of a name the first."""

    element: Element
    family: Family
    target: Target
    outputs: Sequence[OutputColumn]
    published: tuple[Symbol, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The categories of a classifier in the order of its probabilities."""
        return self.family.classes or self.target.classes

    @property
    def bare_family(self) -> Family | None:
        """The family where nothing is done to its prediction afterwards."""
        plain = replace(self.target, name=None, type=None, display=None, function="regression")
        return None if self.outputs or plain != Target("regression") else self.family

    def score(self, batch: Batch) -> Predictions:
        """The finished prediction of every row; the outputs are filled in on the way."""
        prediction = self.target.finish(self.family.predict(batch))
        for output in self.outputs:
            batch.fill(output.symbol.slot, output.compute(batch, prediction))
        return prediction

    def nothing(self, rows: int) -> Predictions:
        """A prediction that is missing in every row."""
        if self.target.function == "regression":
            return Predictions(np.full(rows, np.nan))
        shares = np.full((rows, len(self.classes)), np.nan)
        return Predictions(Words(np.full(rows, MISSING), self.classes), self.classes, shares)


@dataclass
class Segment:
    """A model, the rows that it is for, and how much it weighs."""

    id: str
    predicate: Predicate
    model: Compiled
    weight: float

    def rows(self, batch: Batch) -> Booleans | None:
        """Where the predicate is true; None for everywhere."""
        if self.predicate.constant:
            return None
        return np.asarray(self.predicate.evaluate(batch) == 1.0)

    def score(self, batch: Batch, held: Booleans | None) -> Predictions | None:
        """The prediction of the rows that `held` names (None: all), missing elsewhere; None where it names none."""
        if held is None or held.all():
            return self.model.score(batch)
        rows = np.flatnonzero(held)
        if not len(rows):
            return None
        part = batch.take(rows)
        prediction = self.model.score(part)
        for symbol in self.model.published:
            batch.fill_some(symbol.slot, rows, part.column(symbol.slot))
        return prediction.scatter(rows, batch.rows)
