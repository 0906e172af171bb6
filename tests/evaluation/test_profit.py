"""The profit curve against a loop over clients, and the threshold's interval against the truth."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.evaluation.money import SHOP
from liftstream.evaluation.profit import THRESHOLDS, draw_curve
from liftstream.simulation.shop.money import BREAK_EVEN, GAIN, LOSS
from liftstream.simulation.shop.population import draw_clients
from testbed.examples import examples

CLIENT = st.tuples(
    st.integers(0, 1), st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.5, 0.666, 1.0])), st.integers(0, 1)
)


@examples(50)
@given(st.lists(CLIENT, min_size=2, max_size=30), st.sampled_from([0, 1, 333, 500, 666, 1000]))
def test_the_gain_at_a_threshold_is_the_mean_over_clients(
    clients: list[tuple[int, float, int]], place: int
) -> None:
    label, score, original = (np.array(column) for column in zip(*clients, strict=True))
    curve = draw_curve(SHOP.of_showing(label), score.astype(float), original.astype(np.uint8))
    value = {1: GAIN, 0: -LOSS}
    each = [value[y] * ((s >= THRESHOLDS[place]) - shown) for y, s, shown in clients]
    assert curve.gain[place] == pytest.approx(np.mean(each), abs=1e-9)
    error = (curve.high[place] - curve.low[place]) / 2 / 1.959963984540054
    assert error == pytest.approx(np.std(each) / np.sqrt(len(each)), abs=1e-6)


@examples(50)
@given(st.lists(CLIENT, min_size=2, max_size=30))
def test_the_best_threshold_earns_most_and_lies_in_its_interval(
    clients: list[tuple[int, float, int]],
) -> None:
    label, score, original = (np.array(column) for column in zip(*clients, strict=True))
    curve = draw_curve(SHOP.of_showing(label), score.astype(float), original.astype(np.uint8))
    assert curve.at(curve.best).value == curve.gain.max()
    assert curve.best_interval[0] <= curve.best <= curve.best_interval[1]


def test_the_interval_of_the_threshold_holds_break_even_for_true_probabilities() -> None:
    rng = np.random.default_rng(1)
    interest = draw_clients(rng, 100_000).interest
    held = 0
    for _ in range(200):
        score = rng.choice(interest, 4_000)
        label = (rng.random(4_000) < score).astype(np.uint8)
        low, high = draw_curve(SHOP.of_showing(label), score, np.zeros(4_000, np.uint8)).best_interval
        held += low <= BREAK_EVEN <= high
    assert held >= 180  # 95 % of 200, less five standard errors of such a count


def test_a_client_is_shown_from_the_threshold_on_not_above_it() -> None:
    curve = draw_curve(SHOP.of_showing(np.array([1])), np.array([0.666]), np.array([0], np.uint8))
    assert curve.at(0.666).value == GAIN
    assert curve.at(0.667).value == 0
