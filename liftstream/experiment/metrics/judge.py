"""One metric of two arms: the test that belongs to its kind, against 0 or against a guard's margin."""

from dataclasses import dataclass, replace
from typing import NamedTuple, TypedDict

import numpy as np
from numpy.typing import NDArray

from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.means import welch
from liftstream.experiment.compare.quantile_difference import quantile_difference
from liftstream.experiment.compare.rate_tests import score
from liftstream.experiment.compare.segments import post_stratified, stratified_arms
from liftstream.experiment.metrics.kinds import kind_of
from liftstream.experiment.metrics.metric import Metric
from liftstream.experiment.moments import Moments

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Sample:
    """The clients of one arm."""

    y: Array
    """[clients] the number, or the numerator of a ratio."""
    d: Array | None = None
    """[clients] the denominator of a ratio."""
    x: Array | None = None
    """[clients, covariates]; of a covariate that is a ratio, its numerator."""
    xd: Array | None = None
    """[clients, covariates] denominators of the covariates; 1 where a covariate is no ratio."""
    stratum: NDArray[np.int64] | None = None
    """[clients] the stratum of post-stratification."""

    @property
    def n(self) -> int:
        """Clients."""
        return int(self.y.size)

    def some(self, where: NDArray[np.int64]) -> "Sample":
        """Some of the clients."""
        parts = (self.y, self.d, self.x, self.xd, self.stratum)
        return Sample(*[None if part is None else part[where] for part in parts])  # type: ignore[arg-type]


class ComparisonOptions(TypedDict):
    """What every test takes besides the arms."""

    alpha: float
    alternative: str
    null: float


class Question(NamedTuple):
    """What is asked of a difference."""

    alternative: str
    null: float = 0.0
    scale: float = 1.0
    """The original's value is taken this many times: a relative margin."""


def question_of(metric: Metric, two_sided: bool) -> Question:
    """A decision asks for an improvement, a guard for no worsening by its margin or more."""
    side = "one-sided" if metric.direction == "more" else "less"
    if metric.role == "guard" and metric.margin is not None:
        loss = -metric.margin if metric.direction == "more" else metric.margin
        return Question(side, 0.0, 1 + loss) if metric.relative_margin else Question(side, loss)
    return Question("two-sided" if two_sided or metric.role == "watched" else side)


def compare_metric(
    metric: Metric, original: Sample, candidate: Sample, asked: Question, alpha: float
) -> Comparison:
    """The difference of a metric, candidate minus original; p and interval are one inversion.

    Raises:
        ValueError: too few clients, or nothing that differs.
    """
    for name, arm in (("original", original), ("candidate", candidate)):
        if arm.n < 2:
            raise ValueError(f"{name} must have at least 2 clients, got {arm.n}")
    if _is_plain(metric, original):
        return compare_moments(metric, Moments.of(original.y), Moments.of(candidate.y), asked, alpha)
    plain = _compared(metric, original, candidate, asked, alpha)
    if asked.scale == 1.0:
        return plain
    scaled = replace(original, y=original.y * asked.scale)
    return _against(plain, _compared(metric, scaled, candidate, asked, alpha), asked)


def compare_moments(
    metric: Metric, original: Moments, candidate: Moments, asked: Question, alpha: float
) -> Comparison:
    """The same of a metric whose arms are means over clients, from the moments of the arms.

    Raises:
        ValueError: too few clients, or nothing that differs.
    """
    options = _options(asked, alpha)
    unit = kind_of(metric.kind or "mean").unit
    if metric.kind == "proportion" and _has_score(original, candidate, asked):
        rates = [round(arm.total) for arm in (original, candidate)]
        plain = score(rates[0], original.n, rates[1], candidate.n, **options)
    else:
        plain = welch(original, candidate, unit=unit, **options)
    if asked.scale == 1.0:
        return plain
    scaled = Moments(original.n, original.mean * asked.scale, original.m2 * asked.scale**2)
    return _against(plain, welch(scaled, candidate, unit=unit, **options), asked)


def _options(asked: Question, alpha: float) -> ComparisonOptions:
    return {"alpha": alpha, "alternative": asked.alternative, "null": asked.null}


def _is_plain(metric: Metric, sample: Sample) -> bool:
    """Whether the moments of the arms hold all that its test asks for."""
    return metric.quantile is None and sample.d is None and sample.x is None and sample.stratum is None


def _has_score(original: Moments, candidate: Moments, asked: Question) -> bool:
    """Whether the score test can say something: of rates that are both 0 or both 1 only against another null than 0."""
    return asked.null != 0 or 0 < original.total + candidate.total < original.n + candidate.n


def _against(plain: Comparison, against: Comparison, asked: Question) -> Comparison:
    """The difference as it is, with the p-value against a share of the original's value."""
    told = f"{plain.method}, against {100 * (asked.scale - 1):+g} % of the original's"
    return replace(plain, pvalue=against.pvalue, statistic=against.statistic, method=told)


def _compared(
    metric: Metric, original: Sample, candidate: Sample, asked: Question, alpha: float
) -> Comparison:
    unit, options = kind_of(metric.kind or "mean").unit, _options(asked, alpha)
    if metric.quantile is not None:
        return quantile_difference(original.y, candidate.y, metric.quantile, unit=unit, **options)
    a, b, how = values_of(original, candidate)
    strata = _strata(original, candidate, a, b)
    if strata:
        found = post_stratified(*strata, unit=unit, **options).comparison
    else:
        found = welch(a, b, unit=unit, **options)
    return replace(found, method=found.method + how)


def arms_of(original: Sample, candidate: Sample) -> tuple[Moments, Moments]:
    """Moments of both arms as they are compared: linearised, without covariates, by strata."""
    a, b, _ = values_of(original, candidate)
    strata = _strata(original, candidate, a, b)
    return stratified_arms(*strata) if strata else (Moments.of(a), Moments.of(b))


def values_of(original: Sample, candidate: Sample) -> tuple[Array, Array, str]:
    """One number per client of both arms, whose means are to be compared, and what was done to get it.

    A ratio is linearised around each arm's own (Deng, Knoblich & Lu 2018); covariates are taken out by least squares
    over all clients together (Deng et al. 2013), those of a ratio linearised themselves.
    """
    how = "" if original.d is None else ", delta method"
    a, b = (_linear(arm.y, arm.d) for arm in (original, candidate))
    if original.x is None or candidate.x is None:
        return a, b, how
    together = _stacked(original, candidate)
    x = _linear_all(together)
    theta = slopes(_linear(together.y, together.d), x)
    centre = x.mean(axis=0)
    a, b = (values - (_linear_all(arm) - centre) @ theta for values, arm in ((a, original), (b, candidate)))
    return a, b, f"{how}, CUPED"


def slopes(y: Array, x: Array) -> Array:
    """Least squares of y on the covariates, all clients together; 0 for what does not vary."""
    centred = x - x.mean(axis=0)
    unit = np.abs(centred).max(axis=0)  # of each covariate, so that a large one hides no small one
    varies = unit > 1e-12 * (1e-300 + np.abs(x).max(axis=0))
    found = np.zeros(x.shape[1])
    if varies.any():
        scaled = centred[:, varies] / unit[varies]
        found[varies] = np.linalg.lstsq(scaled, y - y.mean(), rcond=None)[0] / unit[varies]
    return found


def _linear(y: Array, d: Array | None) -> Array:
    if d is None:
        return y
    mean = float(d.mean())
    if mean == 0:
        raise ValueError("the denominators must not sum to 0, or there is no ratio")
    ratio = float(y.mean()) / mean
    return np.asarray(ratio + (y - ratio * d) / mean)


def _linear_all(arm: Sample) -> Array:
    if arm.x is None or arm.xd is None:
        raise ValueError("no covariates")
    return np.stack([_linear(arm.x[:, i], arm.xd[:, i]) for i in range(arm.x.shape[1])], axis=1)


def _stacked(original: Sample, candidate: Sample) -> Sample:
    arms = ((arm.y, arm.d, arm.x, arm.xd) for arm in (original, candidate))
    parts = [None if part[0] is None else np.concatenate(part) for part in zip(*arms, strict=True)]
    return Sample(*parts)  # type: ignore[arg-type]


def _strata(
    original: Sample, candidate: Sample, a: Array, b: Array
) -> tuple[dict[str, Moments], dict[str, Moments]] | None:
    if original.stratum is None or candidate.stratum is None:
        return None
    return _in_both(_by_stratum(a, original.stratum), _by_stratum(b, candidate.stratum))


def _by_stratum(values: Array, stratum: NDArray[np.int64]) -> dict[str, Moments]:
    return {str(code): Moments.of(values[stratum == code]) for code in np.unique(stratum)}


def _in_both(
    first: dict[str, Moments], second: dict[str, Moments]
) -> tuple[dict[str, Moments], dict[str, Moments]]:
    """Strata with at least two clients in both arms.

    Raises:
        ValueError: a stratum has not, so its clients would be lost.
    """
    nobody = Moments()
    small = [
        name for name in {*first, *second} if min(arm.get(name, nobody).n for arm in (first, second)) < 2
    ]
    if small:
        raise ValueError(
            f"{len(small)} strata have fewer than 2 clients in an arm; take coarser strata for post-stratification"
        )
    return first, second
