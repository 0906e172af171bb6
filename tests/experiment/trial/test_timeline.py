import math

import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment import Moments
from liftstream.experiment.data.client_data import read_clients
from liftstream.experiment.trial.timeline import interval_over_time


def shop(n: int, effect: float = 0.8, seed: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(n) < 0.5, "original", "candidate")
    before = rng.gamma(1.86, 10.75, n)
    revenue = 0.5 * before + 0.5 * rng.gamma(1.86, 10.75, n) + np.where(arm == "candidate", effect, 0)
    return {"client": np.arange(n), "arm": arm, "revenue": revenue, "before": before}


def test_the_timeline_ends_at_the_always_valid_interval_of_all_clients() -> None:
    plan = experiment.plan(effect=0.7, sd=11)
    data = read_clients(shop(plan.n_total))
    points = interval_over_time(plan, data, "candidate")
    assert 100 < len(points) <= 120
    halves = [Moments.of(data.of(name)) for name in ("original", "candidate")]
    se = math.sqrt(sum(arm.variance / arm.n for arm in halves))
    last = experiment.always_valid(
        halves[1].mean - halves[0].mean, se, plan.n_total, tuned_at=plan.n_total, alpha=0.1
    )
    assert (points[-1].ci_low, points[-1].ci_high) == pytest.approx((last.ci_low, last.ci_high), rel=1e-9)
