"""How the package is asked the oracles' questions about tests, intervals and assignment; names and units are theirs."""

from typing import Any

from liftstream import experiment
from liftstream.experiment import assignment, normal
from liftstream.experiment.comparison import Comparison
from liftstream.experiment.moments import Moments

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
        "se": comparison.se,
        "ci": ends[comparison.alternative],
        "ci_lower": comparison.ci_low,
        "ci_upper": comparison.ci_high,
    }


def welch_t_test(
    control: Any,
    treatment: Any,
    alternative: str = "two-sided",
    level: float = 0.95,
    null_difference: float = 0,
) -> dict[str, Any]:
    return told(
        experiment.welch(
            arm(control),
            arm(treatment),
            alpha=1 - level,
            alternative=WORDS[alternative],
            null=null_difference,
        )
    )


def student_t_test(
    control: Any, treatment: Any, alternative: str = "two-sided", level: float = 0.95
) -> dict[str, Any]:
    return told(
        experiment.student(arm(control), arm(treatment), alpha=1 - level, alternative=WORDS[alternative])
    )


def growthbook_hash(seed: str, value: str, version: int) -> dict[str, Any]:
    return {"n": assignment.position(value, seed, version)}


def bucket_ranges(args: list[list[Any]]) -> dict[str, Any]:
    return {"ranges": [[list(r) for r in experiment.bucket_ranges(*one)] for one in args]}


def two_sided_p_from_z(z: list[float]) -> dict[str, Any]:
    return {"p": [normal.two_sided_p(value) for value in z]}


ANSWERS = {
    "welch_t_test": welch_t_test,
    "welch_t_test_from_sums": welch_t_test,
    "student_t_test": student_t_test,
    "growthbook_hash": growthbook_hash,
    "bucket_ranges": bucket_ranges,
    "two_sided_p_from_z": two_sided_p_from_z,
}
"""By the oracle's name."""
