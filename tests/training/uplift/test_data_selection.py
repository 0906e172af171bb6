"""The loop that chooses rows ends always, keeps to its rules, and treats clusters alike."""

from dataclasses import replace

import numpy as np
import pytest

from tests.training.uplift.trial_clients import draw
from training.uplift.clients import strata_of
from training.uplift.features import learn_fields
from training.uplift.selection.data_selection import Selection, accepts_cluster, choose_rows, grow_at_random
from training.uplift.selection.selection_report import fine_strata
from training.uplift.training_rows import TrainingRows
from training.uplift.tree.tree import Growth

CLIENTS = draw(4_000)
PART = TrainingRows.of(learn_fields(CLIENTS.table, print), CLIENTS)
STRATA = fine_strata(strata_of(CLIENTS), CLIENTS.table)
GROWTH = Growth(depth=2)


@pytest.mark.parametrize("mode", ["bootstrap", "relative", "absolute"])
def test_it_ends_and_every_accepted_draw_adds_a_tenth_of_a_cluster(mode: str) -> None:
    selection = Selection(mode=mode, most_draws=30, patience=8)
    chosen = choose_rows(PART, STRATA, GROWTH, selection, 3)
    accepted = sum(draw.accepted for draw in chosen.draws)
    assert len(chosen.draws) <= 30
    assert len(set(chosen.rows)) == len(chosen.rows) == 2_000 + 50 * accepted
    assert sum(alpha + beta - 2 for alpha, beta in chosen.alpha_beta) == len(chosen.draws)
    assert chosen.why


def test_a_rule_that_accepts_everything_ends_when_enough_rows_train() -> None:
    selection = replace(Selection(mode="absolute", tolerance=2.0), enough=0.6)
    chosen = choose_rows(PART, STRATA, GROWTH, selection, 1)
    assert chosen.why == "more than 60 % of the rows train"
    assert 2_400 < len(chosen.rows) <= 2_450


def test_a_rule_that_accepts_nothing_ends_by_patience_with_the_rows_it_began_with() -> None:
    chosen = choose_rows(PART, STRATA, GROWTH, Selection(mode="relative", tolerance=0.0, patience=5), 1)
    assert chosen.why == "5 refusals in a row"
    assert len(chosen.rows) == 2_000


def test_the_random_order_has_as_many_rows_and_begins_with_the_same_half() -> None:
    chosen = choose_rows(PART, STRATA, GROWTH, Selection(mode="absolute", tolerance=2.0, enough=0.55), 1)
    other = grow_at_random(PART, STRATA, GROWTH, len(chosen.rows), 1)
    assert len(other.rows) == len(chosen.rows)
    assert len(np.intersect1d(other.rows, chosen.rows)) >= 2_000


def test_both_areas_must_be_above_0_and_their_gap_within_the_tolerance() -> None:
    assert accepts_cluster(0.4, 0.39, 0.05, "relative")
    assert not accepts_cluster(0.4, 0.37, 0.05, "relative")
    assert accepts_cluster(0.4, 0.37, 0.05, "absolute")
    assert not accepts_cluster(0.02, -0.01, 0.05, "absolute")
    with pytest.raises(ValueError, match="mode must be one of relative, absolute, got 'percent'"):
        accepts_cluster(0.4, 0.4, 0.05, "percent")
