"""The rows that training works on."""

from dataclasses import replace

import numpy as np
import pytest

from liftstream.contracts.errors import InputError
from liftstream.simulation.shop.population import draw_clients
from training.cross_selling.dataset import HELD_OUT_ROWS, ROWS, hold_out, simulate


def test_165_rows_are_held_out_for_every_335() -> None:
    data = simulate(3350, 1)
    assert (len(data.train), len(data.held_out)) == (3350, 1650)
    assert round(ROWS * 0.33 / 0.67) == HELD_OUT_ROWS


def test_a_seed_gives_the_same_rows_and_another_seed_others() -> None:
    one, same, other = simulate(1000, 5), simulate(1000, 5), simulate(1000, 6)
    assert np.array_equal(one.train.features, same.train.features)
    assert np.array_equal(one.held_out.label, same.held_out.label)
    assert not np.array_equal(one.train.features, other.train.features)


def test_the_history_holds_other_clients_than_a_demo_with_the_same_seed() -> None:
    demo = draw_clients(np.random.default_rng(5), 1000).features
    assert not {row.tobytes() for row in demo} & {row.tobytes() for row in simulate(1000, 5).train.features}


def test_holding_out_takes_every_row_once_with_its_own_label() -> None:
    rows = simulate(2000, 2).train
    tagged = rows.take(np.arange(2000))
    tagged.features[:, 3:19] = np.unpackbits(
        np.arange(2000, dtype=">u2").view(np.uint8).reshape(-1, 2), axis=1
    )
    split = hold_out(tagged, 9, "here")
    number = {
        name: np.packbits(part.features[:, 3:19], axis=1).view(">u2").ravel().astype(int)
        for name, part in (("train", split.train), ("held_out", split.held_out))
    }
    assert sorted([*number["train"], *number["held_out"]]) == list(range(2000))
    assert np.array_equal(split.held_out.label, rows.label[number["held_out"]])
    assert np.array_equal(split.train.label, rows.label[number["train"]])
    assert len(split.held_out) == 660


def test_parts_without_two_rows_of_a_label_are_refused() -> None:
    rows = simulate(1200, 3).train
    rare = replace(rows, label=(np.arange(1200) < 1).astype(np.uint8))
    for seed in (1, 2, 3):  # whichever part has the row, the other has none
        with pytest.raises(
            InputError, match="here: of the .* have the label 1; at least 2 of each label are needed"
        ):
            hold_out(rare, seed, "here")
