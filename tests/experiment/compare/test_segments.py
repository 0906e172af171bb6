import numpy as np
import pytest

from liftstream import experiment


def test_groups_are_weighted_by_their_clients_and_a_paradox_is_undone() -> None:
    rng = np.random.default_rng(14)
    original = {"new": rng.normal(10, 2, 900), "old": rng.normal(30, 2, 100)}
    candidate = {"new": rng.normal(11, 2, 100), "old": rng.normal(31, 2, 900)}
    found = experiment.post_stratified(original, candidate)
    assert found.naive > 10
    assert found.comparison.effect == pytest.approx(1.0, abs=0.5)
    assert found.comparison.ci_low < 1 < found.comparison.ci_high
    assert experiment.heterogeneity(original, candidate).pvalue > 1e-4
    with pytest.raises(ValueError, match="the same groups in both arms"):
        experiment.post_stratified(original, {"new": candidate["new"]})


def test_different_effects_in_groups_are_found() -> None:
    rng = np.random.default_rng(15)
    original = {"men": rng.normal(20, 5, 2000), "women": rng.normal(20, 5, 2000)}
    candidate = {"men": rng.normal(21, 5, 2000), "women": rng.normal(19, 5, 2000)}
    found = experiment.interaction(original, candidate)
    assert found.effect == pytest.approx(-2, abs=0.7)
    assert found.pvalue < 1e-6
    several = experiment.heterogeneity(original, candidate)
    assert several.pvalue == pytest.approx(found.pvalue, rel=1e-6)


def test_effects_must_be_numbers() -> None:
    with pytest.raises(ValueError, match="effects must be a finite number, got no number"):
        experiment.cochran_q([float("nan"), 1.0], [0.5, 0.5])
