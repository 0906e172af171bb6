import numpy as np
import pytest

from liftstream.experiment.assignment.assignment import bucket_ranges, draw_arm, in_namespace, position


def test_the_published_positions_of_growthbook_are_reproduced() -> None:
    assert position("a", "seed", 2) == 0.0505
    assert position("ab", "foo", 2) == 0.2575
    assert position("a", "b", 1) == 0.946


def test_a_client_keeps_its_arm_and_every_arm_gets_its_share() -> None:
    weights = {"original": 0.5, "a": 0.3, "b": 0.2}
    arms = [draw_arm(uuid, "salt", weights) for uuid in range(20_000)]
    assert arms == [draw_arm(str(uuid), "salt", weights) for uuid in range(20_000)]
    for name, share in weights.items():
        expected = share * 20_000
        assert abs(arms.count(name) - expected) < 4 * np.sqrt(expected * (1 - share))


def test_experiments_with_different_salts_are_independent() -> None:
    first = np.array([draw_arm(uuid, "first") == "candidate" for uuid in range(20_000)])
    second = np.array([draw_arm(uuid, "second") == "candidate" for uuid in range(20_000)])
    assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(20_000)


def test_clients_outside_the_coverage_see_no_experiment_and_the_others_keep_their_arm() -> None:
    part = [draw_arm(uuid, "salt", coverage=0.1) for uuid in range(10_000)]
    whole = [draw_arm(uuid, "salt") for uuid in range(10_000)]
    assert 850 < sum(arm is not None for arm in part) < 1150
    assert all(arm in {None, other} for arm, other in zip(part, whole, strict=True))


def test_disjoint_parts_of_a_namespace_share_no_client() -> None:
    for uuid in range(2_000):
        assert in_namespace(uuid, "checkout", 0, 0.4) != in_namespace(uuid, "checkout", 0.4, 1)


def test_an_arm_of_weight_zero_gets_nobody() -> None:
    weights = {"original": 0.5, "paused": 0.0, "candidate": 0.5}
    assert {draw_arm(uuid, "salt", weights) for uuid in range(3_000)} == {"original", "candidate"}


@pytest.mark.parametrize(
    ("weights", "said"),
    [([0.5, 0.6], "sum to 1, not 1.1"), ([-0.5, 1.5], "at least 0"), ([0.0, 0.0], "sum to 1, not 0")],
)
def test_weights_that_are_no_shares_are_refused(weights, said) -> None:
    with pytest.raises(ValueError, match=said):
        bucket_ranges(2, 1, weights)
