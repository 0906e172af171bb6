"""The speed of drift is found by how well periods are foretold."""

import numpy as np
import pytest

from liftstream import bandits

GRID = [0, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1]
KNOWN = [-7.823636997033124, -3.546789748293717, -3.43108850278372, -3.346621902762289, -3.3268258967730953, -3.343932487359002, -3.430232899804972, -3.5523163101677726]  # fmt: skip
"""Mean predictive log-likelihood a period and arm, from outside."""


@pytest.fixture(scope="module")
def history() -> tuple[np.ndarray, np.ndarray]:
    """50 arms over 200 periods of 500 trials, eta 0.01."""
    rng = np.random.default_rng(7)
    rate, counts = rng.gamma(25, 0.1 / 25, 50), np.empty((200, 50))
    for t in range(200):
        if t:
            rate = rate * rng.gamma(1 / 0.01, 0.01, 50)
        counts[t] = rng.poisson(500 * rate)
    return np.full((200, 50), 500.0), counts


def test_the_likelihood_of_fifty_arms_is_the_known_one(history: tuple[np.ndarray, np.ndarray]) -> None:
    n, r = history
    assert r[0, :5].tolist() == [48, 56, 47, 47, 37]
    assert r.sum() == 383_320
    found = bandits.predictive_log_likelihood(n, r, 0.1, 0.02, GRID) / r.size
    assert found == pytest.approx(KNOWN, abs=1e-6)


def test_the_best_eta_is_the_true_one(history: tuple[np.ndarray, np.ndarray]) -> None:
    n, r = history
    found = bandits.fit_eta([(n[:, i], r[:, i]) for i in range(n.shape[1])], 0.1, 0.02)
    assert found.eta_variance == pytest.approx(0.01, rel=0.1)
    assert found.loglik >= max(found.grid_loglik)


def test_periods_without_trials_add_nothing() -> None:
    idle = bandits.predictive_log_likelihood([0, 0, 0], [0, 0, 0], 0.1, 0.05, 0.01)
    assert float(idle) == pytest.approx(0, abs=1e-12)


def test_arms_of_different_ages_are_fitted_by_the_sum_of_what_each_was_foretold(
    history: tuple[np.ndarray, np.ndarray],
) -> None:
    n, r = (counts[:40] for counts in history)
    arms = [(n[first:, i], r[first:, i]) for i, first in enumerate([0, 25, 0, 25, 31])]
    found = bandits.fit_eta(arms, 0.1, 0.02)
    alone = [bandits.predictive_log_likelihood(*arm, 0.1, 0.02, found.eta_variance) for arm in arms]
    assert found.loglik == pytest.approx(float(sum(alone)))
    assert found.grid_loglik[0] == pytest.approx(
        sum(float(bandits.predictive_log_likelihood(*arm, 0.1, 0.02, 0)) for arm in arms)
    )


@pytest.mark.parametrize(
    ("trials", "successes", "reason"),
    [
        ([100], [5], "no arm had trials in two periods"),
        ([100, 0, 0], [5, 0, 0], "no arm had trials in two periods"),
        ([100, 200], [0, 0], "no arm had a success"),
    ],
)
def test_periods_that_say_nothing_of_drift_keep_what_is_configured(trials, successes, reason) -> None:
    found = bandits.fit_eta([(trials, successes)] * 6, 0.1, 0.05)
    assert (found.eta_variance, found.fitted, found.reason) == (bandits.Dynamic().eta_variance, False, reason)
    likelihood = bandits.predictive_log_likelihood(trials, successes, 0.1, 0.05, found.eta_variance)
    assert found.loglik == pytest.approx(6 * float(likelihood))
    assert bandits.fit_eta([(trials, successes)], 0.1, 0.05, otherwise=0.3).eta_variance == 0.3
    assert bandits.fit_eta([(trials, successes), ([100, 100], [5, 9])], 0.1, 0.05).fitted


@pytest.mark.parametrize(
    ("trials", "successes"),
    [
        ([1000, *[0] * 5000, 1000], [5, *[0] * 5000, 3]),  # idle for so long that the variance has no number
        ([1000] * 5000, [5, *[0] * 4998, 1]),  # without a success for so long that the mean has none
        ([1] * 5000, [*[0] * 4999, 1]),
    ],
)
@pytest.mark.filterwarnings("error")
def test_thousands_of_idle_or_empty_periods_leave_a_likelihood_that_is_a_number(trials, successes) -> None:
    found = bandits.fit_eta([(trials, successes)], 0.1, 0.05)
    assert np.isfinite([*found.grid_loglik, found.loglik]).all()
    assert found.fitted
    assert found.loglik == max(found.loglik, *found.grid_loglik)
