"""The same run without Kafka: seeded, and as good as the candidate."""

from pathlib import Path

import numpy as np
import pytest

from liftstream.contracts.places import model_named
from liftstream.demo.plan import Request
from liftstream.demo.rehearsal import rehearse
from liftstream.demo.truth import DemoTruth, know
from liftstream.shop.live_shop import draw_waves
from liftstream.simulation.shop.money import decide_best, gain_over


def request(seed: int = 3, candidate: str = "cross_selling", clients: int = 1_000) -> Request:
    return Request(clients, seed, candidate, model_named(candidate), Path("demo"))


@pytest.fixture(scope="module")
def truth() -> DemoTruth:
    return know(request())


def test_a_seed_gives_the_same_decisions_arms_and_money_again(truth: DemoTruth) -> None:
    again = know(request())
    assert np.array_equal(truth.shown, again.shown)
    assert np.array_equal(truth.luck, again.luck)
    assert rehearse(request(), truth).to_dict() == rehearse(request(), again).to_dict()


def test_another_seed_brings_other_clients_into_other_arms(truth: DemoTruth) -> None:
    assert not np.array_equal(truth.clients.features, know(request(4)).clients.features)
    assert request(3).plan.salt != request(4).plan.salt


def test_the_clients_are_those_that_the_shop_will_draw(truth: DemoTruth) -> None:
    ((clients, sessions),) = draw_waves(request().visitors)
    assert np.array_equal(truth.clients.features, clients.features)
    assert np.array_equal(truth.luck, sessions.luck)
    assert len(clients) == request().plan.n_total == 2_000


def test_the_original_as_candidate_decides_as_the_original_and_is_worth_nothing() -> None:
    found = know(request(candidate="original"))
    assert np.array_equal(found.shown, found.clients.man == 1)
    assert found.gain == 0


def test_the_shipped_candidate_decides_nearly_as_well_as_can_be(truth: DemoTruth) -> None:
    clients = truth.clients
    assert truth.best == gain_over(clients.man, decide_best(clients.interest), clients.interest)
    assert truth.best - 0.02 < truth.gain <= truth.best


@pytest.mark.parametrize("place", [0, 100, 250, 400])
def test_the_profit_curve_is_the_gain_of_showing_from_each_threshold_on(truth: DemoTruth, place: int) -> None:
    clients = truth.clients
    thresholds, gains = truth.curve
    from liftstream.demo.truth import CandidateModel

    shown = CandidateModel(request()).score(clients) >= thresholds[place]
    assert gains[place] == pytest.approx(gain_over(clients.man, shown, clients.interest), abs=1e-12)


def test_the_planned_experiment_finds_the_candidate_in_most_seeds() -> None:
    # theory: power 0.91 at the true effect; 12 of 12 below 7 would come once in 20,000 seeds
    from liftstream.demo.truth import CandidateModel, know_with

    asked = [request(seed, clients=5_678) for seed in range(101, 113)]
    decider = CandidateModel(asked[0])
    verdicts = [rehearse(one, know_with(decider, one)).verdict.verdict for one in asked]
    assert verdicts.count("improves") >= 7
