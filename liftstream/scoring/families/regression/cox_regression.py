"""Proportional hazards: CoxRegression of a GeneralRegressionModel.

The cumulative hazard at a row's end time is that of the baseline, a step function of time (of the row's stratum where
strata are named), times exp(eta - eta at the parameters' reference points). Before the first step it is 0; beyond
the time to which the baseline is known there is no prediction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from liftstream.scoring.batch.columns import Codes, Floats
from liftstream.scoring.batch.prediction import Predictions
from liftstream.scoring.batch.program import Batch
from liftstream.scoring.families.compiled import Family
from liftstream.scoring.families.distance.categories import place_in
from liftstream.scoring.families.regression.linear_predictor import (
    Column,
    LinearPredictor,
    field_numbers,
    read_predictor,
)
from liftstream.scoring.fields.compilation import Compilation
from liftstream.scoring.xml.element import Element


@dataclass
class Baseline:
    """Cumulative hazard by time: steps at rising `times`, known until `end`."""

    times: Floats
    hazards: Floats
    end: float

    def at(self, times: Floats) -> Floats:
        """The hazard at each time."""
        steps = np.append(0.0, self.hazards)
        found = steps[np.searchsorted(self.times, times, side="right")]
        return np.where((times > self.end) | np.isnan(times), np.nan, found)


@dataclass
class Cox(Family):
    """Baselines of the strata, and the relative risk. `stratum` gives a row's baseline by number."""

    predictor: LinearPredictor
    reference: float
    baselines: Sequence[Baseline]
    stratum: Callable[[Batch], Codes] | None
    end_time: Column
    classes: tuple[str, ...] = ()

    def predict(self, batch: Batch) -> Predictions:
        """Cumulative hazards."""
        times = self.end_time(batch)
        if self.stratum is None:
            hazards = self.baselines[0].at(times)
        else:
            hazards, strata = np.full(batch.rows, np.nan), self.stratum(batch)
            for number, baseline in enumerate(self.baselines):
                hazards = np.where(strata == number, baseline.at(times), hazards)
        return Predictions(hazards * np.exp(self.predictor(batch)[:, 0] - self.reference))


def compile_cox(element: Element, compilation: Compilation) -> Cox:
    """A GeneralRegressionModel of modelType CoxRegression.

    Raises:
        ModelRefused: its baseline has no steps.
    """
    predictor = read_predictor(element, compilation, [None])
    tables = element.one("BaseCumHazardTables")
    strata = tables.all("BaselineStratum")
    stratum = None
    if element.get("baselineStrataVariable") is not None:
        symbol = compilation.field(element, "baselineStrataVariable")
        stratum = place_in(symbol, [one.need("value") for one in strata], tables)
    elif strata:
        raise element.refusal("has strata, and no baselineStrataVariable")
    baselines = [_read_baseline(one) for one in strata] if stratum else [_read_baseline(tables)]
    end_time = field_numbers(element, "endTimeVariable", compilation)
    return Cox(predictor, _reference(element, predictor), baselines, stratum, end_time)


def _read_baseline(element: Element) -> Baseline:
    cells = sorted((cell.number("time"), cell.number("cumHazard")) for cell in element.all("BaselineCell"))
    if not cells:
        raise element.refusal("needs <BaselineCell> inside")
    times, hazards = np.array(cells).T
    return Baseline(times, hazards, element.number("maxTime", times[-1]))


def _reference(element: Element, predictor: LinearPredictor) -> float:
    """The linear predictor at the parameters' reference points."""
    parameters = element.one("ParameterList").all("Parameter")
    points = np.array([one.number("referencePoint", 0.0) for one in parameters])
    return float(points @ predictor.weights[:, 0])
