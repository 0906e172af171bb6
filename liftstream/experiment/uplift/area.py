"""One number for a curve: the area between it and the straight line of a random score, with a bootstrap interval."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from liftstream.experiment.arguments import fraction, one_of, refuse, whole
from liftstream.experiment.record import Record
from liftstream.experiment.uplift.clients import Floats, ScoredClients, Totals, clients_of, totals_of
from liftstream.experiment.uplift.curves import KINDS, gain_of, outcome_counts, perfect_totals
from liftstream.experiment.uplift.resampling import Cells, cells_of

NORMALIZERS: Final = ("perfect", "final", "none")
DRAWS: Final = 200
ROUNDING: Final = 1e-12


@dataclass(frozen=True, repr=False)
class CurveArea(Record):
    """The area between a curve and the random line.

    Attributes:
        value: 0 for a random score, more for a better one.
        ci_low, ci_high: the percentile bootstrap's interval; None without draws.
        se: the bootstrap's standard deviation; None without draws.
        kind, normalizer: which curve, and what the area was divided by.
        level, draws: of the interval.
    """

    value: float
    ci_low: float | None
    ci_high: float | None
    se: float | None
    kind: str
    normalizer: str
    level: float
    draws: int


def auuc(
    y: Any,
    treatment: Any,
    score: Any,
    *,
    normalizer: str = "perfect",
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> CurveArea:
    """The area under the uplift curve, above the random line.

    Equal scores come together, so the order of the rows and any monotone change of the scores mean nothing.

    Args:
        y, treatment, score: as `uplift_curve` takes them.
        normalizer: `perfect`, by the area of the perfect curve (outcomes 0 or 1): a perfect score gives 1; `final`, by
            the gain of influencing everybody, times the clients; `none`, by the clients squared: outcomes gained per
            client, averaged over how many are influenced.
        level: of the interval.
        draws: of the bootstrap; 0: no interval.
        seed: of the bootstrap.

    Raises:
        ValueError: the arrays make no sense together; or nothing can be divided by.
    """
    return area(clients_of(y, treatment, score), "uplift", normalizer, level, draws, seed)


def qini(
    y: Any,
    treatment: Any,
    score: Any,
    *,
    normalizer: str = "perfect",
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> CurveArea:
    """The Qini coefficient: the area under the Qini curve, above the random line. Arguments as of `auuc`."""
    return area(clients_of(y, treatment, score), "qini", normalizer, level, draws, seed)


def area(
    clients: ScoredClients, kind: str, normalizer: str, level: float, draws: int, seed: int
) -> CurveArea:
    """The area of one kind with its interval, of arrays that were checked."""
    one_of("kind", kind, KINDS)
    one_of("normalizer", normalizer, NORMALIZERS)
    fraction("level", level)
    counts = outcome_counts(clients) if normalizer == "perfect" else None
    value = normalized_area(totals_of(clients), counts, kind, normalizer)
    without = whole("draws", draws, 0) == 0
    found = np.zeros(2) if without else _resampled(cells_of(clients), kind, normalizer, draws, seed)
    drawn = found[1:][np.isfinite(found[1:])]
    if not (np.isfinite(value) and np.isfinite(found[0]) and drawn.size):
        refuse("normalizer", normalizer, "one that is not 0 here: influencing does nothing in these rows")
    if without:
        return CurveArea(value, None, None, None, kind, normalizer, level, 0)
    drawn = drawn + value - found[0]  # blocks of rows stand for rows: moved by what that changes
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return CurveArea(value, float(low), float(high), float(np.std(drawn)), kind, normalizer, level, draws)


def normalized_area(totals: Totals, counts: Floats | None, kind: str, normalizer: str) -> float:
    """Area between the curve and its random line, divided; not a number where the divisor is 0."""
    found, clients = area_above_random(totals, kind), totals.n_t[-1] + totals.n_c[-1]
    if normalizer == "perfect" and counts is not None:
        divisor = area_above_random(perfect_totals(counts, kind), kind)
    else:
        divisor = clients**2 if normalizer == "none" else clients * _gain_of_all(totals, kind)
    return float(found / divisor) if divisor else float("nan")


def _gain_of_all(totals: Totals, kind: str) -> float:
    """Size of the gain of influencing everybody; 0 where rounding alone tells both arms apart."""
    n_t, n_c, y_t, y_c = (abs(float(sums[-1])) for sums in totals)
    gain = abs(float(gain_of(totals, kind)[-1]))
    if not (n_t and n_c):
        return gain
    of_arms = y_t / n_t + y_c / n_c
    largest = of_arms * (n_t if kind == "qini" else n_t + n_c)
    return gain if gain > ROUNDING * largest else 0.0


def area_above_random(totals: Totals, kind: str) -> float:
    """Trapezia under the curve, less the triangle under the line from nobody to everybody."""
    clients, gain = totals.n_t + totals.n_c, gain_of(totals, kind)
    return float(np.trapezoid(gain, clients) - clients[-1] * gain[-1] / 2)


def _resampled(cells: Cells, kind: str, normalizer: str, draws: int, seed: int) -> Floats:
    """The area of the cells as they are, and then of each draw."""
    rng, areas = np.random.default_rng(seed), []
    for weight in [cells.size, *(rng.poisson(cells.size) for _ in range(draws))]:
        counts = cells.outcome_counts(weight) if normalizer == "perfect" else None
        areas.append(normalized_area(cells.totals(weight), counts, kind, normalizer))
    return np.array(areas)
