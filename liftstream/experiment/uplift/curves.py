"""Uplift and Qini curves: what influencing the clients with the highest scores gains over influencing nobody."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from liftstream.experiment.arguments import one_of, refuse
from liftstream.experiment.record import Record
from liftstream.experiment.uplift.clients import Floats, ScoredClients, Totals, clients_of, totals_of

KINDS: Final = ("uplift", "qini")


@dataclass(frozen=True, repr=False, eq=False)
class UpliftCurve(Record):
    """A curve, from nobody to everybody.

    Attributes:
        kind: `uplift` or `qini`.
        clients: how many with the highest scores are counted; equal scores come together.
        gain: outcomes gained. Uplift: as many as the counted clients would gain; Qini: as those among them that were
            influenced did.
    """

    kind: str
    clients: Floats
    gain: Floats

    def __repr__(self) -> str:
        return f"UpliftCurve(kind={self.kind!r}, points={len(self.clients)}, gain of all={self.gain[-1]:.6g})"


def uplift_curve(y: Any, treatment: Any, score: Any, *, kind: str = "uplift") -> UpliftCurve:
    """The gain from influencing the clients with the highest scores, at every distinct score.

    Uplift: (Y_T / N_T - Y_C / N_C) k over the k best clients (Gutierrez & Gerardy 2017); Qini: Y_T - Y_C N_T / N_C
    (Radcliffe 2007). N, Y: clients and sums of outcomes, T influenced, C left alone; a mean of nobody counts 0. Every
    score ends in the same point: the average effect times all clients (uplift) or times the influenced ones (Qini).

    Args:
        y: outcomes, any numbers.
        treatment: 1 influenced, 0 left alone.
        score: who is influenced first.
        kind: `uplift` or `qini`.

    Raises:
        ValueError: lengths differ, a value is no number, or an arm has no client.

    >>> uplift_curve([1, 0, 0, 1], [1, 0, 1, 0], [0.9, 0.8, 0.1, 0.1]).gain.tolist()
    [0.0, 1.0, 2.0, 0.0]
    """
    one_of("kind", kind, KINDS)
    totals = totals_of(clients_of(y, treatment, score))
    return UpliftCurve(kind, totals.n_t + totals.n_c, gain_of(totals, kind))


def perfect_curve(y: Any, treatment: Any, *, kind: str = "uplift") -> UpliftCurve:
    """The curve of a score that knew every outcome beforehand: influenced who gained first, those left alone who did
    not need it next.

    Raises:
        ValueError: as `uplift_curve`, or an outcome is not 0 or 1.
    """
    one_of("kind", kind, KINDS)
    counts = outcome_counts(clients_of(y, treatment, np.zeros(len(np.asarray(y)))))
    totals = perfect_totals(counts, kind)
    return UpliftCurve(kind, totals.n_t + totals.n_c, gain_of(totals, kind))


def gain_of(totals: Totals, kind: str) -> Floats:
    """The curve's height at every one of the totals."""
    n_t, n_c, y_t, y_c = totals
    if kind == "qini":
        return y_t - y_c * _ratio(n_t, n_c)
    gain: Floats = (_ratio(y_t, n_t) - _ratio(y_c, n_c)) * (n_t + n_c)
    return gain


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.divide(above, below, out=np.zeros_like(above), where=below != 0)


def outcome_counts(clients: ScoredClients) -> Floats:
    """How many clients there are by treatment and outcome, both 0 or 1: shape (2, 2).

    Raises:
        ValueError: an outcome is something else.
    """
    wrong = clients.y[(clients.y != 0) & (clients.y != 1)]
    if len(wrong):
        refuse("y", float(wrong[0]), "0 or 1 in every row where the perfect curve is wanted")
    cell = 2 * clients.treatment.astype(np.int64) + clients.y.astype(np.int64)
    return np.bincount(cell, minlength=4).astype(np.float64).reshape(2, 2)


def perfect_totals(counts: Floats, kind: str) -> Totals:
    """The totals of a perfect score, from the counts by treatment and outcome.

    First the influenced who gained. Then, for Qini, all without an outcome, and last those who gained although they
    were left alone. For uplift: those left alone without an outcome, and the two kinds of mistakes, the more frequent
    one last but one where it is a gain.
    """
    (left_none, left_gained), (influenced_none, influenced_gained) = counts
    zero = 0.0
    first, patient = (influenced_gained, zero, influenced_gained, zero), (zero, left_none, zero, zero)
    lost, wasted = (zero, left_gained, zero, left_gained), (influenced_none, zero, zero, zero)
    if kind == "qini":
        groups = [first, (influenced_none, left_none, zero, zero), lost]
    elif left_gained > influenced_none:
        groups = [first, patient, lost, wasted]
    else:
        groups = [first, patient, wasted, lost]
    summed = np.cumsum(np.array([(zero,) * 4, *groups]), axis=0)
    return Totals(*summed.T)
