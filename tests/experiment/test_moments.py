import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from liftstream.experiment import Moments, merge
from testbed.examples import examples

values = st.lists(st.floats(-1e6, 1e6, allow_subnormal=False), min_size=2, max_size=60)


def exact(data: list[float]) -> tuple[float, float]:
    mean = math.fsum(data) / len(data)
    return mean, math.fsum((x - mean) ** 2 for x in data)


def assert_same(moments: Moments, data: list[float], *gone: float) -> None:
    """To 1e-12 (1 + mean / sd) relative, as far as the data (and what was taken back) carry it."""
    mean, m2 = exact(data)
    sd = math.sqrt(m2 / len(data))
    assume(sd > 1e-6)
    condition = 1e-12 * (1 + max(map(abs, [*data, *gone])) / sd)
    assert moments.n == len(data)
    assert moments.mean == pytest.approx(mean, abs=condition * sd)
    assert moments.m2 == pytest.approx(m2, rel=10 * condition)


@examples(40)
@given(values, st.randoms(use_true_random=False))
def test_any_split_and_any_order_of_merging_give_the_same(data, random) -> None:
    parts = [Moments()]
    rest = list(data)
    while rest:
        cut = random.randint(1, len(rest))
        part, rest = rest[:cut], rest[cut:]
        parts.append(Moments.of(part))
    random.shuffle(parts)
    assert_same(merge(parts), data)


@examples(40)
@given(values)
def test_one_by_one_is_the_same_as_all_at_once(data) -> None:
    moments = Moments()
    for value in data:
        moments = moments.add(value)
    assert_same(moments, data)


@examples(40)
@given(values, st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_what_was_added_can_be_taken_back(data, old, new) -> None:
    assume(np.std(data) > 1)
    assert_same(Moments.of([*data, old]).retract(old), data, old)
    assert_same(Moments.of([*data, old]).replace(old, new), [*data, new], old)


def test_a_large_mean_costs_no_digits() -> None:
    moments = Moments.of([1e9 + 4, 1e9 + 7]) + Moments.of([1e9 + 13, 1e9 + 16])
    assert (moments.n, moments.mean, moments.variance) == (4, 1e9 + 10, 30.0)


def test_a_long_stream_with_refunds_keeps_its_digits() -> None:
    rng = np.random.default_rng(1)
    totals = rng.gamma(2, 10, 20_000)
    moments = Moments.of(totals)
    for i in rng.integers(0, totals.size, 5_000):
        new = float(rng.gamma(2, 10))
        moments = moments.replace(float(totals[i]), new)
        totals[i] = new
    assert moments.mean == pytest.approx(totals.mean(), rel=1e-12)
    assert moments.variance == pytest.approx(totals.var(ddof=1), rel=1e-11)


def test_the_last_client_can_leave() -> None:
    assert Moments().add(5.0).retract(5.0) == Moments()
    with pytest.raises(ValueError, match="there is none"):
        Moments().retract(5.0)


def test_sums_and_summaries_are_read() -> None:
    data = [1.0, 4.0, 9.0, 16.0]
    expected = Moments.of(data)
    sums = Moments.from_sums(4, sum(data), sum(x * x for x in data))
    summary = Moments.from_summary(4, float(np.mean(data)), float(np.std(data, ddof=1)))
    for other in (sums, summary):
        assert (other.n, other.mean) == (expected.n, expected.mean)
        assert other.m2 == pytest.approx(expected.m2)
    with pytest.raises(ValueError, match="sum_squares must be at least"):
        Moments.from_sums(4, 100.0, 1.0)
    with pytest.raises(ValueError, match="at least 2 clients"):
        _ = Moments.of([1.0]).variance


def test_numbers_whose_sum_is_none_are_not_called_other_than_finite() -> None:
    with pytest.raises(ValueError, match="so small that their sum is a number, got 1e\\+308"):
        Moments.of([1e308, 1e308])
