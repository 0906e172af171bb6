"""Pages and till: one word decides, nobody waits for ever, everybody pays once."""

import numpy as np
import pytest

from liftstream.simulation.shop import money
from liftstream.simulation.shop.population import draw_clients
from liftstream.simulation.shop.records import session_names
from liftstream.simulation.shop.sessions import draw_sessions, first_of
from liftstream.simulation.shop.till import Counts, Till

WAIT_S, STAY_S = 1.5, 1.0


@pytest.fixture
def till() -> Till:
    rng = np.random.default_rng(1)
    clients, sessions = draw_clients(rng, 50), draw_sessions(rng, 50, 10)
    names = session_names(clients.uuid[sessions.client], sessions.visit)
    return Till(clients, sessions, names, Counts(), WAIT_S, STAY_S)


def test_what_a_session_pays_is_what_was_shown_and_the_luck_drawn_before(till: Till) -> None:
    rng = np.random.default_rng(1)
    clients, sessions = draw_clients(rng, 50), draw_sessions(rng, 50, 10)
    till.open(range(50), 0.0)
    for row, uuid in enumerate(clients.uuid.tolist()):
        till.decide(f"{uuid}-1", row % 2, "candidate", 0.1)
    paid = till.pay(1.2)
    shown = np.arange(50) % 2 == 1
    expected = money.revenue(shown, clients.interested, sessions.luck)
    assert [receipt.revenue for receipt in paid] == expected.tolist()
    assert till.counts.revenue == pytest.approx(expected.sum())
    assert till.counts.arms == {"candidate": 50}
    assert len(till) == 0


def test_a_page_without_a_word_is_shown_without_the_category_and_a_later_word_is_late(till: Till) -> None:
    till.open([0], 0.0)
    assert till.pay(WAIT_S - 0.01) == []
    assert till.pay(WAIT_S + 0.01) == []  # the page is shown now
    till.decide("1000000-1", 1, "candidate", WAIT_S + 0.02)
    (receipt,) = till.pay(WAIT_S + STAY_S + 0.1)
    assert not receipt.shown
    assert (till.counts.undecided, till.counts.late, till.counts.decided) == (1, 1, 0)


def test_a_page_is_shown_at_once_where_the_platform_decides_nothing(till: Till) -> None:
    till.open([0], 0.0)
    till.decide("1000000-1", 0, "", 0.1)
    (receipt,) = till.pay(0.1 + STAY_S)
    assert not receipt.shown
    assert (till.counts.undecided, till.counts.decided, till.counts.late) == (1, 0, 0)


def test_only_the_first_word_counts_and_foreign_sessions_are_passed_over(till: Till) -> None:
    till.open([0], 0.0)
    till.decide("1000000-1", 1, "candidate", 0.1)
    till.decide("1000000-1", 0, "candidate", 0.2)
    till.decide("somebody-else", 1, "candidate", 0.2)
    (receipt,) = till.pay(5.0)
    assert receipt.shown
    assert (till.counts.decided, till.counts.late) == (1, 1)


def test_the_first_sessions_of_a_wave_are_the_same_sessions() -> None:
    sessions = draw_sessions(np.random.default_rng(3), 30, 10)
    some = first_of(sessions, 7)
    assert len(some) == 7
    assert some.luck.tolist() == sessions.luck[:7].tolist()
