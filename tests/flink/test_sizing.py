"""The size of a cluster: worked out by hand for one case, and held against the queue that it is for."""

import numpy as np

from pipeline.flink.sizing import size
from tests.flink.one_day import simulate_day


def test_the_size_for_a_hundred_thousand_pairs_a_second_is_what_the_formula_gives_by_hand() -> None:
    found = size(100_000, cpu_ms_a_pair=0.1, most_load=0.8, outage_s=60, catch_up_s=600)
    assert found.cores == 10
    assert found.slots == 13  # 10 / 0.8
    assert found.waiting == 700_000  # 2 x 100,000 x 3.5 s
    assert found.network_mb_per_s == 130
    assert size(100_000, cpu_ms_a_pair=0.1, most_load=0.8, outage_s=600, catch_up_s=600).slots == 20


def test_on_a_cluster_of_that_size_nobody_waits_at_the_peak_and_an_outage_is_caught_up_in_time() -> None:
    cpu_ms, peak = 0.1, 5_000
    found = size(peak, cpu_ms_a_pair=cpu_ms, most_load=0.7, outage_s=60, catch_up_s=600)
    capacity = found.slots * 1000 / cpu_ms
    assert simulate_day(peak, capacity).delay_s.max() == 0
    at = 69_000
    day = simulate_day(peak, capacity, outage_at_s=at, outage_s=60)
    late = np.flatnonzero(day.delay_s)
    assert late.min() == at
    assert late.max() < at + 60 + 600
    assert 59 <= day.delay_s.max() <= 61


def test_a_cluster_too_small_for_the_peak_falls_ever_further_behind_while_it_lasts() -> None:
    day = simulate_day(5_000, 4_500)
    assert day.delay_s.max() > 60
    assert day.delay_s[:40_000].max() == 0
