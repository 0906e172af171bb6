"""Results of several metrics corrected for their number, and the word that each gets."""

from collections.abc import Sequence
from dataclasses import replace

from liftstream.experiment.compare.multiplicity import adjust
from liftstream.experiment.metrics.results import MetricResult


def corrected(results: Sequence[MetricResult], correction: str, alpha: float) -> list[MetricResult]:
    """Decisions corrected together, those watched among themselves by Benjamini and Hochberg; guards must all hold."""
    families = {"decision": correction, "watched": "benjamini-hochberg"}
    adjusted: dict[int, float] = {}
    harms: dict[int, float] = {}
    for role, method in families.items():
        family = [result for result in results if result.role == role]
        if family:
            adjusted.update(
                zip(map(id, family), adjust([r.pvalue for r in family], method, alpha).pvalues, strict=True)
            )
            harms.update(
                zip(map(id, family), adjust([_harm(r) for r in family], method, alpha).pvalues, strict=True)
            )
    return [
        replace(
            r,
            p_adjusted=adjusted.get(id(r), r.pvalue),
            verdict=_word(r, adjusted.get(id(r), r.pvalue), harms.get(id(r), 1.0)),
        )
        for r in results
    ]


def _harm(result: MetricResult) -> float:
    """One-sided p-value of a worsening, of two sides where the question has two."""
    worse = result.effect < 0 if result.direction == "more" else result.effect > 0
    if result.alternative == "two-sided":
        return result.pvalue_two_sided if worse else 1.0
    half = result.pvalue_two_sided / 2
    return half if worse else 1 - half


def _word(result: MetricResult, adjusted: float, harm: float) -> str:
    good = result.effect > 0 if result.direction == "more" else result.effect < 0
    if result.role == "guard":
        if adjusted < result.alpha:
            return "holds"
        return "breaks" if _harm(result) < result.alpha else "not shown"
    words = ("improves", "harms") if result.role == "decision" else ("better", "worse")
    if adjusted < result.alpha and (good or result.alternative != "two-sided"):
        return words[0]
    return words[1] if harm < result.alpha else "no difference"
