"""Splits keep every stratum alike, and clients who cannot be split are refused before the work."""

import re
from dataclasses import replace

import numpy as np
import pytest

from liftstream.contracts.errors import InputError
from tests.training.uplift.trial_clients import draw
from training.uplift.clients import classes_of, cut_in_parts, hold_out, refuse_too_few, strata_of


def test_parts_are_disjoint_complete_and_alike() -> None:
    strata = strata_of(draw(5_003))
    stay, held = hold_out(strata, 0.3, 1)
    assert sorted([*stay, *held]) == list(range(5_003))
    shares = [np.bincount(strata[rows]) / len(rows) for rows in (stay, held, *cut_in_parts(strata, 4, 1))]
    assert np.ptp(shares, axis=0).max() < 0.002


def test_an_outcome_of_0_and_1_is_its_own_class_and_an_amount_falls_into_ranges() -> None:
    assert classes_of(np.array([0.0, 1, 1])).tolist() == [0, 1, 1]
    amounts = np.concatenate([np.zeros(900), np.arange(1, 101)])
    classes = classes_of(amounts)
    assert 2 <= classes.max() + 1 <= 6
    assert (np.diff(classes.astype(int)) >= 0).all()
    assert (classes[:900] == 0).all()


@pytest.mark.parametrize(
    ("rows", "change", "said"),
    [
        (400, {}, "F: 400 clients; the split into parts needs at least 500"),
        (
            1_000,
            {"treatment": np.ones(1_000, dtype=np.uint8)},
            "F: no client was left alone (0); an experiment has clients of both arms",
        ),
        (1_000, {"outcome": np.zeros(1_000)}, "F: every outcome is 0; there is nothing to learn"),
        (
            1_000,
            {"outcome": (np.arange(1_000) < 5).astype(float)},
            "clients of one outcome; the split needs at least 10 of each",
        ),
    ],
)
def test_clients_who_cannot_be_split_are_refused_in_a_line(
    rows: int, change: dict[str, np.ndarray], said: str
) -> None:
    with pytest.raises(InputError, match=re.escape(said)):
        refuse_too_few(replace(draw(rows), **change), "F")
