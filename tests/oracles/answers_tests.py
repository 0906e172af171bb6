"""How the package is asked the oracles' questions about tests and intervals; names and units are theirs."""

import math
from typing import Any

import numpy as np

from liftstream import experiment
from liftstream.experiment.compare import (
    multiplicity,
    proportions,
    quantiles,
    ratio_metrics,
    relative,
    segments,
)
from liftstream.experiment.compare.comparison import Comparison
from liftstream.experiment.compare.cuped import saving
from liftstream.experiment.compare.equivalence import tost
from liftstream.experiment.compare.mann_whitney import mann_whitney
from liftstream.experiment.compare.regression import ancova
from liftstream.experiment.moments import Moments, merge
from liftstream.experiment.numerics import normal
from liftstream.experiment.pair_moments import PairMoments

WORDS = {
    "greater": "one-sided",
    "larger": "one-sided",
    "one-sided": "one-sided",
    "less": "less",
    "smaller": "less",
    "two-sided": "two-sided",
}


def arm(data: Any) -> Moments:
    """An arm as the oracles give it: raw data, or sums by name."""
    if isinstance(data, dict):
        return Moments.from_sums(data["n"], data["sum"], data["sum_squares"])
    return Moments.of(data)


def pair(data: dict[str, Any]) -> PairMoments:
    """An arm with a covariate or a denominator: raw data, or sums by name."""
    if "pre" in data:
        return PairMoments.of(data["post"], data["pre"])
    if "num" in data:
        return PairMoments.of(data["num"], data["den"])
    return PairMoments.from_sums(
        data["n"],
        data["sum_num"],
        data["sum_den"],
        data["sumsq_num"],
        data["sumsq_den"],
        data["sum_prod"],
    )


def told(comparison: Comparison) -> dict[str, Any]:
    """A comparison under the oracles' names; their one-sided intervals have an open end."""
    ends = {
        "two-sided": [comparison.ci_low, comparison.ci_high],
        "one-sided": [comparison.ci_low, None],
        "less": [None, comparison.ci_high],
    }
    return {
        "effect": comparison.effect,
        "t": comparison.statistic,
        "z": comparison.statistic,
        "df": comparison.df,
        "p": comparison.pvalue,
        "p_two_sided": comparison.pvalue,
        "se": comparison.se,
        "ci": ends[comparison.alternative],
        "ci_lower": comparison.ci_low,
        "ci_upper": comparison.ci_high,
        "lower": comparison.ci_low,
        "upper": comparison.ci_high,
    }


def options(alternative: str, level: float, null_difference: float = 0) -> Any:
    return {"alpha": 1 - level, "alternative": WORDS[alternative], "null": null_difference}


def welch_t_test(
    control: Any,
    treatment: Any,
    alternative: str = "two-sided",
    level: float = 0.95,
    null_difference: float = 0,
) -> dict[str, Any]:
    return told(
        experiment.welch(arm(control), arm(treatment), **options(alternative, level, null_difference))
    )


def student_t_test(
    control: Any, treatment: Any, alternative: str = "two-sided", level: float = 0.95
) -> dict[str, Any]:
    return told(experiment.student(arm(control), arm(treatment), **options(alternative, level)))


def welch_t_test_from_summary(
    n: int,
    mean_control: float,
    mean_treatment: float,
    sd: float,
    difference: str = "absolute",
    alternative: str = "two-sided",
    level: float = 0.95,
) -> dict[str, Any]:
    arms = Moments.from_summary(n, mean_control, sd), Moments.from_summary(n, mean_treatment, sd)
    test = relative.relative_delta if difference == "relative" else experiment.welch
    return told(test(*arms, **options(alternative, level))) | {
        "cohens_d": (mean_treatment - mean_control) / sd
    }


def relative_effect_delta_method(control: Any, treatment: Any, level: float = 0.95) -> dict[str, Any]:
    return told(relative.relative_delta(arm(control), arm(treatment), **options("two-sided", level)))


def relative_effect_fieller(
    n: int, mean_control: float, mean_treatment: float, sd: float, level: float, critical: str = "normal"
) -> dict[str, Any]:
    arms = Moments.from_summary(n, mean_control, sd), Moments.from_summary(n, mean_treatment, sd)
    method = {"normal": "z", "z": "z", "t": "t"}[critical]
    return interval(relative.fieller(*arms, level, method=method))


def interval(found: proportions.Interval) -> dict[str, Any]:
    return {"lower": found.low, "upper": found.high, "ci": list(found)}


def proportions_pooled_z(x: list[int], n: list[int], alternative: str = "two-sided") -> dict[str, Any]:
    """Their first sample is the treatment."""
    found = proportions.pooled_z(x[1], n[1], x[0], n[0], alternative=WORDS[alternative])
    return {"z": found.statistic, "p": found.pvalue, "effect": found.effect}


def newcombe(x1: int, n1: int, x2: int, n2: int, level: float = 0.95) -> dict[str, Any]:
    return interval(proportions.newcombe(x2, n2, x1, n1, level))


def rate_difference_wald(n: list[int], x: list[int], level: float = 0.95) -> dict[str, Any]:
    return interval(proportions.wald(x[1], n[1], x[0], n[0], level)) | {"estimate": x[0] / n[0] - x[1] / n[1]}


def rank_test(
    control: Any, treatment: Any, correction: bool = True, alternative: str = "two-sided"
) -> dict[str, Any]:
    found = mann_whitney(control, treatment, alternative=WORDS[alternative], correction=correction)
    return {"U": found.u, "p": found.pvalue, "z": found.statistic}


def equivalence(
    control: Any, treatment: Any, low: float, upp: float, usevar: str = "unequal"
) -> dict[str, Any]:
    found = tost(arm(control), arm(treatment), low, upp, pooled=usevar == "pooled")
    return {"p": found.pvalue}


def cuped(control: Any, treatment: Any, theta: str = "pooled over all units") -> dict[str, Any]:
    within = "within" in theta
    first, second = pair(control), pair(treatment)
    found = experiment.cuped(first, second, theta="within" if within else "all", alternative="two-sided")
    return told(found.comparison) | {
        "theta": found.theta,
        "mean_control": found.original.mean,
        "mean_treatment": found.candidate.mean,
        "var_control": found.original.variance,
        "var_treatment": found.candidate.variance,
    }


def cuped_variance_reduction(control: Any, treatment: Any) -> dict[str, Any]:
    found = saving(pair(control) + pair(treatment))
    return {
        "rho": found.correlation,
        "reduction": found.reduction,
        "var_post": found.variance,
        "var_adj": found.variance_adjusted,
    }


def ancova_ols(control: Any, treatment: Any) -> dict[str, Any]:
    found = ancova(
        (control["post"], control["pre"]), (treatment["post"], treatment["pre"]), alternative="two-sided"
    )
    return told(found.comparison) | {"theta": found.theta, "se_hc1": found.se_hc1}


def ratio_variance(numerator: list[float], denominator: list[float]) -> dict[str, Any]:
    found = ratio_metrics.linearised(PairMoments.of(numerator, denominator))
    return {
        "ratio": found.mean,
        "variance": found.variance,
        "se": math.sqrt(found.variance / found.n),
        "n": found.n,
    }


def ratio_test(test: Any) -> Any:
    def answer(control: Any, treatment: Any, level: float = 0.95) -> dict[str, Any]:
        first, second = pair(control), pair(treatment)
        return told(test(first, second, **options("two-sided", level))) | {
            "variance_control": ratio_metrics.linearised(first).variance,
            "variance_treatment": ratio_metrics.linearised(second).variance,
        }

    return answer


def post_stratified_effect(control: Any, treatment: Any, weights: str = "pooled shares") -> dict[str, Any]:
    if weights != "pooled shares":
        raise ValueError(f"weights must be 'pooled shares', got {weights!r}")
    found = segments.post_stratified(control, treatment, alternative="two-sided")
    return told(found.comparison) | {
        "weights": found.weights,
        "effect_by_stratum": found.effects,
        "naive_effect": found.naive,
    }


def heterogeneity_interaction_z(control: Any, treatment: Any) -> dict[str, Any]:
    found = segments.interaction(control, treatment)
    return {"difference": found.effect, "z": found.statistic, "p": found.pvalue}


def heterogeneity_cochran_q(effects: list[float], ses: list[float]) -> dict[str, Any]:
    found = segments.cochran_q(effects, ses)
    return {
        "pooled": found.pooled,
        "pooled_se": found.pooled_se,
        "Q": found.q,
        "df": found.df,
        "p": found.pvalue,
        "I2": found.i2,
    }


def winsorize_percentile(
    x: list[float], lower: float, upper: float, quantile: str = "linear (type 7)"
) -> dict[str, Any]:
    if "linear" not in quantile:
        raise ValueError(f"quantile must be linear (type 7), got {quantile!r}")
    found = quantiles.winsorize(x, lower, upper)
    return {
        "bounds": [found.low, found.high],
        "mean": found.capped.mean,
        "sd": found.capped.sd,
        "mean_raw": found.raw.mean,
        "sd_raw": found.raw.sd,
    }


def adjust_p_values(p: list[float], method: str, alpha: float = 0.05) -> dict[str, Any]:
    names = {"BH": "benjamini-hochberg", "BY": "benjamini-yekutieli"}
    found = multiplicity.adjust(p, names.get(method, method), alpha)
    return {"p_adjusted": list(found.pvalues), "reject": list(found.reject)}


def streaming_moments(batches: list[list[float]]) -> dict[str, Any]:
    whole = merge(Moments.of(batch) for batch in batches)
    return {"n": whole.n, "mean": whole.mean, "variance": whole.variance, "sd": whole.sd}


def two_sided_p_from_z(z: list[float]) -> dict[str, Any]:
    return {"p": [normal.two_sided_p(value) for value in np.atleast_1d(z).tolist()]}


def exact_proportions_test(
    converted: list[int], n: list[int], method: str, alternative: str
) -> dict[str, Any]:
    """Of control and treatment."""
    test = {"barnard": experiment.barnard, "boschloo": experiment.boschloo, "fisher": experiment.fisher}[
        method
    ]
    return {"p": test(converted[0], n[0], converted[1], n[1], alternative=WORDS[alternative]).pvalue}


ANSWERS = {
    "exact_proportions_test": exact_proportions_test,
    "welch_t_test": welch_t_test,
    "welch_t_test_from_sums": welch_t_test,
    "welch_t_test_from_summary": welch_t_test_from_summary,
    "student_t_test": student_t_test,
    "two_sided_p_from_z": two_sided_p_from_z,
    "relative_effect_delta_method": relative_effect_delta_method,
    "relative_effect_fieller": relative_effect_fieller,
    "test_proportions_pooled_z": proportions_pooled_z,
    "ci_proportion_difference_newcombe": newcombe,
    "ci_proportion_wilson": lambda x, n, level=0.95: interval(proportions.wilson(x, n, level)),
    "ci_proportion_agresti_coull": lambda x, n, level=0.95: interval(proportions.agresti_coull(x, n, level)),
    "rate_difference_wald_ci": rate_difference_wald,
    "mann_whitney_u": rank_test,
    "tost_equivalence": equivalence,
    "cuped": cuped,
    "cuped_variance_reduction": cuped_variance_reduction,
    "ancova_ols": ancova_ols,
    "ratio_metric_delta_variance": ratio_variance,
    "ratio_metric_welch": ratio_test(ratio_metrics.ratio_welch),
    "ratio_metric_relative_delta": ratio_test(ratio_metrics.ratio_relative_delta),
    "ratio_metric_relative_log": ratio_test(ratio_metrics.ratio_relative_log),
    "post_stratified_effect": post_stratified_effect,
    "heterogeneity_interaction_z": heterogeneity_interaction_z,
    "heterogeneity_cochran_q": heterogeneity_cochran_q,
    "winsorize_percentile": winsorize_percentile,
    "quantile_ci_order_statistics": lambda n, q, level=0.95: quantiles.quantile_ranks(n, q, level).to_dict(),
    "adjust_p_values": adjust_p_values,
    "streaming_moments": streaming_moments,
}
"""By the oracle's name."""
