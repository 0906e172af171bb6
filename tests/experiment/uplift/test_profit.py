"""The profit of influencing by score, against the truth of clients that were drawn."""

import numpy as np
import pytest

from liftstream import experiment
from tests.experiment.uplift.drawn_clients import draw


def test_influencing_everybody_is_worth_the_effect_less_the_cost_and_nobody_nothing() -> None:
    y, treatment, score, _ = draw()
    curve = experiment.uplift_profit(y, treatment, score, value=10, cost=0.5)
    effect = y[treatment == 1].mean() - y[treatment == 0].mean()
    assert (curve.threshold[0], curve.share[0], curve.profit[0]) == (np.inf, 0, 0)
    assert curve.profit[-1] == pytest.approx(10 * effect - 0.5)
    assert curve.share[-1] == 1


def test_a_threshold_influences_exactly_those_who_reach_it() -> None:
    y, treatment, score, _ = draw(distinct=50)
    curve = experiment.uplift_profit(y, treatment, score)
    for threshold in (0.02, 0.1, 0.1001, 5.0, -5.0):
        assert curve.share[curve.at(threshold)] == pytest.approx(np.mean(score >= threshold))


def test_its_interval_holds_the_true_profit_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(200):
        y, treatment, score, uplift = draw(2_000, seed=seed)
        curve = experiment.uplift_profit(y, treatment, score, value=20, cost=1, level=0.9)
        at = curve.at(0.05)
        truth = np.mean((score >= 0.05) * (20 * uplift - 1))
        held += curve.low[at] <= truth <= curve.high[at]
    assert 165 <= held <= 195  # of a binomial with 0.9
