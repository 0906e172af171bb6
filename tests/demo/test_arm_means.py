"""The running mean of an arm, against means taken one by one."""

import numpy as np
import pytest

from liftstream.demo.arm_means import LEAST, means_over_time
from liftstream.experiment import read_clients

RNG = np.random.default_rng(8)
ARMS = RNG.choice(["original", "candidate"], 500)
MONEY = RNG.gamma(2, 10, 500)
CLIENTS = read_clients({"arm": ARMS, "revenue": MONEY})


@pytest.mark.parametrize("arm", ["original", "candidate"])
def test_every_point_is_the_mean_of_the_arms_clients_so_far(arm: str) -> None:
    for point in means_over_time(CLIENTS, arm, points=40):
        spent = MONEY[: point.clients][ARMS[: point.clients] == arm]
        half = 1.959963984540054 * spent.std(ddof=1) / np.sqrt(len(spent))
        assert point.mean == pytest.approx(spent.mean())
        assert (point.low, point.high) == pytest.approx((spent.mean() - half, spent.mean() + half))


def test_the_last_point_holds_the_whole_arm() -> None:
    assert means_over_time(CLIENTS, "original")[-1].mean == pytest.approx(MONEY[ARMS == "original"].mean())


def test_an_arm_with_hardly_any_client_has_no_mean_to_show() -> None:
    few = read_clients(
        {"arm": ["original"] * LEAST + ["candidate"] * (LEAST - 1), "revenue": MONEY[: 2 * LEAST - 1]}
    )
    assert len(means_over_time(few, "original")) == 1
    assert means_over_time(few, "candidate") == []
    assert means_over_time(few, "nobody") == []
