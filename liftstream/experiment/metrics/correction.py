"""Results of several metrics corrected for their number, and the word that each gets."""

from collections.abc import Sequence
from dataclasses import replace

from liftstream.experiment.compare.multiplicity import adjust
from liftstream.experiment.metrics.results import MetricResult


def corrected(results: Sequence[MetricResult], correction: str, alpha: float) -> list[MetricResult]:
    """Decisions corrected together, those watched among themselves by Benjamini and Hochberg; guards must all hold."""
    found = list(results)
    for role, method in {"decision": correction, "watched": "benjamini-hochberg", "guard": None}.items():
        family = [i for i, result in enumerate(results) if result.role == role]
        pvalues = [results[i].pvalue for i in family]
        harms = [_harm(results[i]) for i in family]
        if family and method:
            pvalues, harms = (list(adjust(each, method, alpha).pvalues) for each in (pvalues, harms))
        for i, p, harm in zip(family, pvalues, harms, strict=True):
            found[i] = replace(results[i], p_adjusted=p, verdict=_word(results[i], p, harm))
    return found


def _harm(result: MetricResult) -> float:
    """One-sided p-value of a worsening, of two sides where the question has two."""
    if result.alternative == "two-sided":
        return result.pvalue_two_sided if result.is_worse else 1.0
    half = result.pvalue_two_sided / 2
    return half if result.is_worse else 1 - half


def _word(result: MetricResult, adjusted: float, harm: float) -> str:
    good = result.effect > 0 if result.direction == "more" else result.effect < 0
    if result.role == "guard":
        if adjusted < result.alpha:
            return "holds"
        return "breaks" if harm < result.alpha else "not shown"
    words = ("improves", "harms") if result.role == "decision" else ("better", "worse")
    if adjusted < result.alpha and (good or result.alternative != "two-sided"):
        return words[0]
    return words[1] if harm < result.alpha else "no difference"
