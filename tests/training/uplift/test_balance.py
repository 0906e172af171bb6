"""Columns that the arms have differently are found, and hardly any others."""

import numpy as np

from training.uplift.balance import differing, leave_out
from training.uplift.features import columns_of, encode, learn_fields


def test_what_was_known_only_afterwards_is_left_out_unless_it_was_named() -> None:
    rng = np.random.default_rng(1)
    treatment = rng.integers(0, 2, 5_000).astype(np.uint8)
    table = {
        "before": rng.normal(size=5_000),
        "afterwards": rng.normal(size=5_000) + 0.2 * treatment,
        "arm": np.where(treatment == 1, "mail", "none").astype(object),
    }
    fields = learn_fields(table, print)
    found = differing(columns_of(fields), encode(fields, table), treatment)
    assert list(found) == ["afterwards", "arm"]
    said: list[str] = []
    assert leave_out(found, ("arm",), said.append) == {"afterwards"}
    assert said[0].startswith("column 'afterwards' is left out: it differs between the arms (afterwards: ")
    assert said[1].startswith("column 'arm' differs between the arms, though you named it")


def test_columns_of_an_honest_draw_are_kept_nearly_always() -> None:
    rng = np.random.default_rng(2)
    lost = 0
    for _ in range(200):
        matrix = [rng.normal(size=400) for _ in range(10)]
        table = {f"c{i}": values for i, values in enumerate(matrix)}
        treatment = rng.integers(0, 2, 400).astype(np.uint8)
        lost += bool(differing(columns_of(learn_fields(table, print)), matrix, treatment))
    assert lost <= 9  # of 200 with 0.01
