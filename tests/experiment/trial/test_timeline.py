import math

import pytest

from liftstream import experiment
from liftstream.experiment import Moments
from liftstream.experiment.data.client_data import read_clients
from liftstream.experiment.trial.timeline import interval_over_time
from tests.experiment.shop_clients import shop


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
