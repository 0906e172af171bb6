import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment import Moments
from liftstream.experiment.checks import guards


def test_arms_that_started_differently_raise_an_alarm() -> None:
    alike = {"original": Moments.from_summary(5000, 10, 5), "candidate": Moments.from_summary(5000, 10.05, 5)}
    assert experiment.check_balance(alike).status == "ok"
    different = {**alike, "candidate": Moments.from_summary(5000, 11, 5)}
    assert experiment.check_balance(different).status == "alarm"


def test_a_heavy_tail_asks_for_more_clients() -> None:
    rng = np.random.default_rng(34)
    heavy = {"original": rng.lognormal(0, 2, 500), "candidate": rng.lognormal(0, 2, 500)}
    check = experiment.check_heavy_tail(heavy)
    assert check.status == "warning"
    assert check.numbers["needed"] == pytest.approx(355 * check.numbers["skewness"] ** 2)
    light = {name: rng.normal(20, 15, 500) for name in heavy}
    assert experiment.check_heavy_tail(light).status == "ok"


def test_an_answer_that_hangs_on_ten_clients_is_named() -> None:
    rng = np.random.default_rng(35)
    original, candidate = rng.normal(20, 2, 500), rng.normal(20, 2, 500)
    candidate[:8] += 200
    with_all = experiment.welch(original, candidate)
    assert with_all.significant
    check = experiment.check_largest(original, candidate, with_all)
    assert check.status == "warning"
    assert "depends on the 10 largest clients" in check.sentence
    assert candidate[guards.largest_left_out(original, candidate)[1]].max() < 100


def test_too_few_clients_are_named() -> None:
    assert experiment.check_clients({"a": np.ones(29), "b": np.ones(500)}).status == "warning"
    assert experiment.check_clients({"a": np.ones(30), "b": np.ones(500)}).status == "ok"


def test_what_only_the_largest_clients_vary_in_is_not_compared_without_them() -> None:
    x = np.arange(40.0)
    money = [3 * x, 3 * x]
    money[0][-5:] += 70
    money[1][-5:] += 100
    pairs = [experiment.PairMoments.of(y, x) for y in money]
    with_all = experiment.cuped(*pairs).comparison
    found = guards.check_largest(*money, with_all, covariates=(x, x))
    assert (found.status, found.sentence) == ("warning", "nothing is left without the 10 largest clients")
    same = [np.full(40, 9.99), np.full(40, 3.33 * 3)]
    same[1][:12] = 50
    plain = guards.check_largest(*same, experiment.welch(*same), count=12)
    assert plain.sentence == "nothing is left without the 12 largest clients"
