"""Evaluation from rolling origins: nothing of the future is known, and C earns its place on a simulated shop."""

from dataclasses import replace

import numpy as np
import pytest

from liftstream.contracts.errors import InputError
from liftstream.forecast.calendar import month_of, period_of, start_ms
from liftstream.forecast.history import History
from liftstream.forecast.request.data_object import read_data_object
from liftstream.simulation.spending.shop import generate_shop
from training.spending.estimators import REGRESSION, fit
from training.spending.rolling import Evaluation, compare_models, months_to_learn, ratio, roll, score


@pytest.fixture(scope="module")
def history() -> History:
    return read_data_object(generate_shop(2024, users=400).data_object())


@pytest.fixture(scope="module")
def evaluation(history: History) -> Evaluation:
    return roll(history, seed=1)


@pytest.mark.slow
def test_the_last_four_full_months_are_tested_and_a_part_of_a_month_is_not(
    history: History, evaluation: Evaluation
) -> None:
    assert [period_of(m) for m in evaluation.months] == ["2021-09", "2021-10", "2021-11", "2021-12"]
    part = history.take(history.time_ms < start_ms(month_of("2021-12")) + 10 * 86_400_000)
    assert period_of(max(months_to_learn(part, month_of("2022-01")))) == "2021-11"


@pytest.mark.slow
def test_a_prediction_does_not_change_with_what_happens_afterwards(
    history: History, evaluation: Evaluation
) -> None:
    month = evaluation.months[0]
    changed = replace(history, price=np.where(history.month >= month, 9_999.0, history.price))
    learn = months_to_learn(changed, month)
    again = fit(REGRESSION, changed, learn, seed=1).predict(changed, month)
    assert np.allclose(again, evaluation.predicted["C"][:, 0])


@pytest.mark.slow
def test_c_is_better_than_the_trend_and_the_constant_and_ranks_users(evaluation: Evaluation) -> None:
    by_name = {found.name: found for found in score(evaluation, seed=1)}
    found = by_name["C"]
    assert found.to_trend < 0.82
    assert found.to_constant < 0.89
    assert found.spearman.value > 0.45
    assert found.top_share.value > 0.35
    assert found.spearman.low < found.spearman.value < found.spearman.high
    assert by_name["A"].to_trend == 1
    assert np.isnan(by_name["constant"].spearman.value)


@pytest.mark.slow
def test_the_paired_test_finds_c_better_than_a_in_nine_of_ten_resamples(evaluation: Evaluation) -> None:
    generator = np.random.default_rng(3)
    right = 0
    for _ in range(100):
        users = generator.integers(len(evaluation.spent), size=len(evaluation.spent))
        part = {name: values[users] for name, values in evaluation.predicted.items()}
        pairs = compare_models(Evaluation(evaluation.months, part, evaluation.spent[users]))
        pair = next(pair for pair in pairs if {pair.better, pair.other} == {"A", "C"})
        right += pair.better == "C" and pair.significant
    assert right >= 90


def test_too_few_months_are_refused(history: History) -> None:
    with pytest.raises(InputError, match="cover 2 full months; at least 4"):
        roll(history.before(month_of("2021-03")), seed=1)


def test_the_interval_of_a_relative_error_is_that_of_the_ratio_over_the_same_users() -> None:
    generator, held, widths = np.random.default_rng(7), 0, []
    for _ in range(400):
        hard = generator.exponential(1.0, 300)  # some users are hard for both models
        found = ratio(0.7 * hard + generator.exponential(0.05, 300), hard)
        held += found.low <= 0.75 <= found.high
        widths.append(found.half_width / found.value)
    assert 0.92 <= held / 400 <= 0.98
    assert np.mean(widths) < 0.03  # the errors alone would leave 0.11
    assert np.isnan(ratio(np.ones(3), np.zeros(3)).value)


def test_nothing_bought_and_too_few_users_are_refused(history: History) -> None:
    with pytest.raises(InputError, match="nothing was bought in the full months, 2021-01 to 2021-12; BUY_"):
        roll(replace(history, bought=np.zeros(len(history), bool)), seed=1)
    few = history.take(history.user < 4)
    with pytest.raises(InputError, match="rows of a user in a month after the first visit; at least 20 "):
        roll(few, seed=1)
