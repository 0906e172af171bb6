"""AUUC and Qini: what they are of scores that are perfect, random or changed, and whether their intervals hold."""

import numpy as np
import pytest

from liftstream import experiment
from liftstream.experiment.uplift.resampling import cells_of
from tests.experiment.uplift.drawn_clients import draw

AREAS = {"uplift": experiment.auuc, "qini": experiment.qini}


@pytest.mark.parametrize("kind", AREAS)
def test_a_perfect_score_gives_1_and_a_constant_one_0(kind: str) -> None:
    y, treatment, _, _ = draw(2_000)
    perfect = y * treatment - y * (1 - treatment)
    if kind == "uplift":
        wasted_last = ((y == 1) & (treatment == 0)).sum() > ((y == 0) & (treatment == 1)).sum()
        perfect = 2 * (y == treatment) + (y if wasted_last else treatment)
    assert AREAS[kind](y, treatment, perfect, draws=0).value == pytest.approx(1)
    assert AREAS[kind](y, treatment, np.zeros(len(y)), draws=0).value == pytest.approx(0, abs=1e-15)


@pytest.mark.parametrize("normalizer", ["perfect", "final", "none"])
@pytest.mark.parametrize("kind", AREAS)
def test_order_of_rows_and_monotone_changes_of_the_score_mean_nothing(kind: str, normalizer: str) -> None:
    y, treatment, score, _ = draw(distinct=30)
    value = AREAS[kind](y, treatment, score, normalizer=normalizer, draws=0).value
    order = np.random.default_rng(0).permutation(len(y))
    mixed = AREAS[kind](y[order], treatment[order], score[order], normalizer=normalizer, draws=0)
    assert mixed.value == pytest.approx(value, abs=1e-14)
    assert AREAS[kind](y, treatment, np.exp(3 * score), normalizer=normalizer, draws=0).value == value


def test_without_a_normalizer_it_is_outcomes_per_client_averaged_over_how_many_are_influenced() -> None:
    y, treatment, score, _ = draw()
    curve = experiment.uplift_curve(y, treatment, score)
    above = np.interp(np.arange(len(y) + 1), curve.clients, curve.gain) / len(y)
    random_line = np.linspace(0, above[-1], len(above))
    value = experiment.auuc(y, treatment, score, normalizer="none", draws=0).value
    assert value == pytest.approx(np.mean(above - random_line), rel=1e-3)


def test_the_interval_holds_the_true_area_about_as_often_as_it_says() -> None:
    y, treatment, score, _ = draw(400_000, seed=9)
    truth = experiment.qini(y, treatment, score, draws=0).value
    held = 0
    for seed in range(100):
        rows = draw(2_000, seed=100 + seed)[:3]
        found = experiment.qini(*rows, level=0.9, draws=100, seed=seed)
        held += found.ci_low <= truth <= found.ci_high
    assert 80 <= held <= 98  # of a binomial with 0.9; outside it with a chance of less than 1 in 200


@pytest.mark.parametrize("outcome", ["binary", "money"])
def test_cells_of_a_bootstrap_add_up_to_the_clients_themselves(outcome: str) -> None:
    y, treatment, score, _ = draw(5_000)
    y = y if outcome == "binary" else np.random.default_rng(2).gamma(2, 10, len(y))
    cells = cells_of(experiment.uplift.clients.clients_of(y, treatment, score))
    totals = cells.totals(cells.size)
    assert totals.n_t[-1] == treatment.sum()
    assert totals.n_c[-1] == (1 - treatment).sum()
    assert totals.y_t[-1] == pytest.approx((y * treatment).sum())
    assert len(totals.n_t) == 1_001


def test_an_area_that_nothing_divides_is_refused() -> None:
    with pytest.raises(ValueError, match="normalizer must be one that is not 0 here"):
        experiment.qini([1, 1, 0, 0], [1, 0, 1, 0], [1, 2, 3, 4], normalizer="final")
    with pytest.raises(ValueError, match="0 or 1 in every row where the perfect curve is wanted, got 2.5"):
        experiment.auuc([2.5, 1, 0, 0], [1, 0, 1, 0], [1, 2, 3, 4])


@pytest.mark.parametrize("kind", AREAS)
def test_a_gain_that_is_rounding_alone_divides_nothing(kind: str) -> None:
    rng = np.random.default_rng(3)
    for clients in range(20, 60):
        treatment = np.arange(clients) % 3 == 0
        score = rng.normal(size=clients)
        for draws in (0, 5):
            with pytest.raises(ValueError, match="influencing does nothing in these rows"):
                AREAS[kind](np.full(clients, 0.1), treatment, score, normalizer="final", draws=draws)
