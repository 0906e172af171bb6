"""The EM loop on generated viewers: it ends soon, nobody is lost on the way, and what it never saw is not placed worse."""

import numpy as np
import pytest

from liftstream.contracts.errors import InputError
from training.look_alike.generated import generate
from training.look_alike.loop import LookAlikeOptions, run_loop, score
from training.look_alike.users import Users, cut


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_the_loop_ends_within_five_rounds_without_losing_roc_auc_on_untouched_users(seed: int) -> None:
    users = generate(20_000, seed)
    loop = run_loop(users, cut(users, seed), LookAlikeOptions(), seed)
    assert 1 <= len(loop.rounds) - 1 <= 5
    first, chosen = loop.rounds[0], loop.rounds[loop.chosen]
    assert chosen.roc_auc >= first.roc_auc
    error = (first.roc_auc_test.high - first.roc_auc_test.low) / 2
    assert chosen.roc_auc_test.value >= first.roc_auc_test.value - error / 4  # both are of the same users


def test_everybody_of_the_pool_is_either_left_or_trained_on() -> None:
    users = generate(6_000, 7)
    parts = cut(users, 7)
    loop = run_loop(users, parts, LookAlikeOptions(patience=9, tolerance=0.0), 7)
    for before, after in zip(loop.rounds, loop.rounds[1:], strict=False):
        assert after.left == before.left - after.moved
        assert after.trained_on == before.trained_on + after.moved
    assert loop.rounds[0].trained_on == len(parts.start)
    assert loop.rounds[-1].trained_on + loop.rounds[-1].left == len(parts.start) + len(parts.pool)


def test_the_parts_hold_everybody_once_and_each_class_in_the_same_share() -> None:
    users = generate(5_000, 8)
    parts = cut(users, 8)
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(5_000))
    for part, share in zip(parts, (0.2, 0.5, 0.15, 0.15), strict=True):
        assert len(part) == pytest.approx(share * 5_000, abs=2)
        assert users.engaged[part].mean() == pytest.approx(users.engaged.mean(), abs=0.002)


def test_v_is_a_share_for_every_user() -> None:
    users = generate(3_000, 9)
    loop = run_loop(users, cut(users, 9), LookAlikeOptions(), 9)
    v = score(loop.tree, users, slice(None))
    assert len(v) == 3_000
    assert 0 <= v.min() < v.max() <= 1


def test_why_the_loop_ended_is_said() -> None:
    users = generate(3_000, 10)
    parts = cut(users, 10)
    assert run_loop(users, parts, LookAlikeOptions(most_rounds=0), 1).ended == "0 rounds are the most"
    assert (
        "users are left, within 100 % of the pool"
        in run_loop(users, parts, LookAlikeOptions(tolerance=1.0), 1).ended
    )
    stalled = run_loop(users, parts, LookAlikeOptions(patience=1, tolerance=0.0, most_rounds=50), 1)
    assert stalled.ended.startswith(("no larger ROC-AUC", "no remaining user", "0 users are left"))


@pytest.mark.parametrize(("users", "engaged"), [(400, 200), (1_000, 20)])
def test_too_few_users_are_refused_with_their_number(users: int, engaged: int) -> None:
    few = Users(
        ("a",),
        np.zeros((users, 1)),
        (np.arange(users) < engaged).astype(np.uint8),
        np.arange(users),
        "the file u.csv",
    )
    with pytest.raises(
        InputError, match=r"the file u.csv: [\d,]+ users, \d+ of the rarer class; training needs"
    ):
        cut(few, 1)
