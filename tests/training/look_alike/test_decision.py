"""Frequencies of advertising as arms, in a cinema whose truth is known."""

import numpy as np
import pytest

from liftstream.contracts.features import FEATURES
from liftstream.simulation.cinema.audience import (
    FREQUENCIES,
    Viewers,
    chance_of_staying,
    draw_viewers,
    play_sessions,
)
from training.look_alike.decision import (
    GROUPS,
    PENALTY_WEIGHT,
    REWARD_WEIGHT,
    FrequencyComparison,
    decide_frequency,
    play_bandits,
)


def true_v(columns: dict[str, np.ndarray]) -> np.ndarray:
    """A model that is the truth."""
    return chance_of_staying(np.stack([columns[name] for name in FEATURES], axis=1).astype(np.uint8))


@pytest.fixture(scope="module")
def decision() -> FrequencyComparison:
    return decide_frequency(true_v, 5, 6_000)


def test_those_least_alike_see_less_advertising_than_those_most_alike(decision: FrequencyComparison) -> None:
    chosen = [one.chosen for one in decision.groups]
    assert [one.group for one in decision.groups] == list(GROUPS)
    assert chosen == sorted(chosen)
    assert chosen[0] < chosen[-1] == max(FREQUENCIES)
    assert decision.learned_gain.low > 0


def test_what_is_chosen_scores_nearly_as_much_as_the_best_of_its_group(decision: FrequencyComparison) -> None:
    for one in decision.groups:
        assert one.scores[FREQUENCIES.index(one.chosen)] >= max(one.scores) - 0.02
        assert one.share_of_chosen > 0.7


def test_the_parts_of_the_score_explain_all_of_its_variation(decision: FrequencyComparison) -> None:
    assert decision.parts.reward + decision.parts.penalty == pytest.approx(1)
    assert 0 < decision.parts.penalty < decision.parts.reward
    assert pytest.approx(1) == REWARD_WEIGHT + PENALTY_WEIGHT


def test_the_logged_propensity_is_how_often_an_arm_is_chosen() -> None:
    value = np.tile(np.linspace(0, 1, len(FREQUENCIES)), (4_000, 1))
    played = play_bandits(value, np.zeros(4_000, dtype=np.int64), np.random.default_rng(2))
    late = slice(1_000, None)
    floor = 0.1 / len(FREQUENCIES)
    assert set(np.round(played.propensity[late], 12)) == {round(floor, 12), round(1 - 0.1 + floor, 12)}
    often = (played.frequency[late] == len(FREQUENCIES) - 1).mean()
    assert often == pytest.approx(0.9 + floor, abs=0.02)
    assert np.array_equal(played.score, value[np.arange(4_000), played.frequency])


def test_more_advertising_annoys_those_who_are_unlike_and_is_watched_by_the_others() -> None:
    viewers = draw_viewers(np.random.default_rng(3), 20_000)
    outcome = play_sessions(np.random.default_rng(4), viewers)
    stays = np.stack([chance_of_staying(outcome.features[:, arm]) for arm in range(len(FREQUENCIES))], axis=1)
    assert (np.diff(stays.mean(axis=0)) < 0).all()
    assert np.array_equal(outcome.features[:, 0], viewers.features)  # no advertising changes nobody
    assert (outcome.minutes[:, 0] == 0).all()
    alike = viewers.stays > 0.8
    assert (np.diff(outcome.minutes[alike].mean(axis=0)) > 0).all()
    unlike = outcome.minutes[viewers.stays < 0.2].mean(axis=0)
    assert unlike[-1] < unlike.max()


def test_viewers_are_engaged_as_often_as_they_stay() -> None:
    viewers: Viewers = draw_viewers(np.random.default_rng(6), 50_000)
    for low, high in ((0, 0.2), (0.2, 0.5), (0.5, 0.8), (0.8, 1)):
        some = (viewers.stays >= low) & (viewers.stays < high)
        assert viewers.engaged[some].mean() == pytest.approx(viewers.stays[some].mean(), abs=0.02)
