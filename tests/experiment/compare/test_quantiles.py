import math

import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment.compare import quantiles
from liftstream.experiment.numerics.binomial import acceptance_band


def test_the_interval_of_a_median_covers_at_least_as_often_as_it_says() -> None:
    rng = np.random.default_rng(36)
    ranks = quantiles.quantile_ranks(50, 0.5, 0.95)
    sample = np.sort(rng.exponential(1, (4_000, 50)), axis=1)
    inside = (sample[:, ranks.lower_rank - 1] <= math.log(2)) & (
        math.log(2) <= sample[:, ranks.upper_rank - 1]
    )
    assert ranks.coverage >= 0.95
    assert inside.mean() == pytest.approx(ranks.coverage, abs=0.012)


def test_caps_cut_and_count_and_show_the_raw_values_besides() -> None:
    money = [0.0] * 90 + [10.0] * 9 + [1_000.0]
    capped = experiment.cap(money, 100)
    assert (capped.changed, capped.capped.mean, capped.raw.mean) == (1, 1.9, pytest.approx(10.9))
    buyers = experiment.winsorize(money, upper=0.8, non_zero=True)
    assert buyers.high == 10.0
    assert experiment.winsorize(money, upper=0.8).high == 0.0


def test_a_number_of_clients_may_be_a_whole_float() -> None:
    assert quantiles.quantile_ranks(1000.0) == quantiles.quantile_ranks(1000)
    assert acceptance_band(1000.0) == acceptance_band(1000)
