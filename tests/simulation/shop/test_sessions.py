"""Sessions: every client comes once, some come back, and both halves follow the opening."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.simulation.shop.sessions import RETURN_PAUSE_S, SLOWEST_ENRICHER_S, draw_sessions
from testbed.examples import examples


@examples(30)
@given(
    seed=st.integers(0, 2**32),
    clients=st.integers(0, 400),
    rate=st.floats(0.5, 50),
    returning=st.floats(0, 1),
)
def test_sessions_are_in_order_and_nobody_comes_back_within_the_pause(
    seed: int, clients: int, rate: float, returning: float
) -> None:
    sessions = draw_sessions(np.random.default_rng(seed), clients, rate, returning)
    first = sessions.visit == 1
    assert np.all(np.diff(sessions.opened_s) >= 0)
    assert sessions.client[first].tolist() == list(range(clients))
    opened = dict(zip(sessions.client[first].tolist(), sessions.opened_s[first].tolist(), strict=True))
    for client, at_s in zip(
        sessions.client[~first].tolist(), sessions.opened_s[~first].tolist(), strict=True
    ):
        assert at_s - opened[client] >= RETURN_PAUSE_S
    assert len(set(zip(sessions.client.tolist(), sessions.visit.tolist(), strict=True))) == len(sessions)


def test_halves_come_within_the_enrichers_delay_and_in_either_order() -> None:
    sessions = draw_sessions(np.random.default_rng(1), 20_000, 100)
    for half_s in (sessions.demographic_s, sessions.historic_s):
        delay_s = half_s - sessions.opened_s
        assert 0 <= delay_s.min() < 0.001
        assert 0.199 < delay_s.max() <= SLOWEST_ENRICHER_S + 1e-9
    assert np.mean(sessions.demographic_s < sessions.historic_s) == pytest.approx(0.5, abs=0.02)


def test_clients_arrive_at_the_rate_and_the_asked_share_returns() -> None:
    sessions = draw_sessions(np.random.default_rng(2), 20_000, 10, returning=0.2)
    assert sessions.opened_s[-1] == pytest.approx(2000, rel=0.05)
    assert np.mean(sessions.visit == 2) * len(sessions) / 20_000 == pytest.approx(0.2, abs=0.015)


def test_a_seed_gives_the_same_day() -> None:
    one, same, other = (draw_sessions(np.random.default_rng(seed), 500, 5, 0.5) for seed in (9, 9, 10))
    assert np.array_equal(one.historic_s, same.historic_s)
    assert np.array_equal(one.luck, same.luck)
    assert not np.array_equal(one.luck[:500], other.luck[:500])


@pytest.mark.parametrize(("rate", "returning"), [(0, 0), (-1, 0), (1, 1.5)])
def test_impossible_days_are_refused(rate: float, returning: float) -> None:
    with pytest.raises(ValueError, match="per_second"):
        draw_sessions(np.random.default_rng(0), 5, rate, returning)
