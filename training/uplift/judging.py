"""Evaluates a score on test rows: areas, uplift@k and money, each with its interval."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from liftstream.experiment.uplift.area import CurveArea, auuc, qini
from liftstream.experiment.uplift.at_k import UpliftAtK, uplift_at_k
from liftstream.experiment.uplift.profit import ProfitCurve, uplift_profit
from training.uplift.clients import Clients
from training.uplift.learners import LearnerScores

K: Final = 0.3


@dataclass(frozen=True)
class ValueAndCost:
    """The value of an outcome and the cost of influencing, which set the threshold.

    Attributes:
        value: money that one unit of the outcome is worth.
        cost: money that influencing one client costs.
    """

    value: float = 1.0
    cost: float = 0.0

    @property
    def threshold(self) -> float:
        """The uplift from which influencing pays: uplift x value reaches the cost."""
        return self.cost / self.value


@dataclass(frozen=True, eq=False)
class Judgement:
    """The figures of a learner on test rows.

    Attributes:
        scores: what was judged.
        auuc, qini: of the curves; divided by the perfect curve's where outcomes are 0 or 1, else outcomes per client.
        at_30: the effect among the best 30 % of each arm.
        profit: by threshold.
        threshold: where the score is an uplift, the one that money sets.
        true_profit: money per client at the threshold, from the truth of simulated clients.
    """

    scores: LearnerScores
    auuc: CurveArea
    qini: CurveArea
    at_30: UpliftAtK
    profit: ProfitCurve
    threshold: float | None
    true_profit: float | None

    @property
    def earned(self) -> tuple[float, float, float] | None:
        """Money per client at the threshold with its interval, over influencing nobody."""
        if self.threshold is None:
            return None
        at, curve = self.profit.at(self.threshold), self.profit
        return float(curve.profit[at]), float(curve.low[at]), float(curve.high[at])

    @property
    def share(self) -> float | None:
        """The share of the clients that are influenced at the threshold."""
        return None if self.threshold is None else float(self.profit.share[self.profit.at(self.threshold)])

    def to_dict(self) -> dict[str, Any]:
        """The figures for cards and `--json`."""
        figures: dict[str, CurveArea | UpliftAtK] = {
            "auuc": self.auuc,
            "qini": self.qini,
            "uplift_at_30": self.at_30,
        }
        found: dict[str, Any] = {name: rounded(figure.value) for name, figure in figures.items()}
        found["ci"] = {name: [rounded(f.ci_low), rounded(f.ci_high)] for name, f in figures.items()}
        found["about"] = self.scores.about
        if self.earned is not None:
            found["profit"], *interval = map(rounded, self.earned)
            found["ci"]["profit"] = interval
            found["influenced"] = rounded(self.share)
        if self.true_profit is not None:
            found["true_profit"] = rounded(self.true_profit)
        return found


def rounded(value: float | None) -> float | None:
    """Rounded to six places; 0.0 for -0.0."""
    return None if value is None else round(float(value), 6) + 0.0


def judge(scores: LearnerScores, test: Clients, money: ValueAndCost, seed: int) -> Judgement:
    """The figures of one learner.

    Args:
        scores: of the test clients.
        test: clients that no model was trained on.
        money: sets the threshold.
        seed: of the bootstrap.
    """
    rows = test.outcome, test.treatment, scores.score
    normalizer = "perfect" if test.is_binary else "none"
    threshold = money.threshold if scores.is_uplift else None
    return Judgement(
        scores,
        auuc(*rows, normalizer=normalizer, seed=seed),
        qini(*rows, normalizer=normalizer, seed=seed),
        uplift_at_k(*rows, K),
        uplift_profit(*rows, value=money.value, cost=money.cost),
        threshold,
        None if threshold is None else true_profit(scores.score >= threshold, test, money),
    )


def true_profit(influenced: Any, clients: Clients, money: ValueAndCost) -> float | None:
    """Expected money per client over influencing nobody; None where the truth is unknown."""
    if clients.true_uplift is None:
        return None
    return float(np.mean(influenced * (money.value * clients.true_uplift - money.cost)))


def best_profit(clients: Clients, money: ValueAndCost) -> float | None:
    """The best result that is possible from the true uplift."""
    if clients.true_uplift is None:
        return None
    return true_profit(clients.true_uplift >= money.threshold, clients, money)
