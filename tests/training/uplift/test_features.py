"""Which columns can tell clients apart, and what becomes of texts."""

import numpy as np
import pytest

from training.uplift.features import columns_of, encode, learn_fields

ROWS = 1_000


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.full(ROWS, 3.0), "it has the same value in every row"),
        (np.full(ROWS, np.nan), "it has the same value in every row"),
        (np.arange(ROWS, dtype=float), "every row has another whole number, as an identifier has"),
        (np.full(ROWS, "a", dtype=object), "it has the same text in every row"),
        (np.array([f"client {i}" for i in range(ROWS)], dtype=object), "its 1,000 texts are all rare"),
    ],
)
def test_a_column_that_tells_nobody_apart_is_left_out_aloud(values: np.ndarray, why: str) -> None:
    said: list[str] = []
    assert learn_fields({"c": values}, said.append) == []
    assert said[0].startswith(f"column 'c' is left out: {why}")


def test_texts_become_a_column_for_each_frequent_value() -> None:
    values = np.array(["Web"] * 500 + ["Phone"] * 300 + [None] * 199 + ["rare"], dtype=object)
    (field,) = learn_fields({"channel": values}, print)
    assert field.values == ("Web", "Phone")
    assert [column.title for column in columns_of([field])] == ["channel = Web", "channel = Phone"]
    web, phone = encode([field], {"channel": np.array(["Phone", None, "never seen"], dtype=object)})
    assert (web.tolist(), phone.tolist()) == ([0, 0, 0], [1, 0, 0])
