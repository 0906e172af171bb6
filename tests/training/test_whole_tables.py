from pathlib import Path

import numpy as np
import pytest

from liftstream.contracts.errors import InputError
from training.whole_tables import read_columns, whole_numbers

LARGE = 2**63 - 1


@pytest.mark.parametrize("as_text", [False, True])
def test_ids_of_64_bits_keep_all_their_digits(tmp_path: Path, as_text: bool) -> None:
    file = tmp_path / "X.csv"
    file.write_text(f"idx\n{LARGE}\n{LARGE - 1}\n{2**53 + 1}\n-{LARGE}\n")
    frame = read_columns(file, ("idx",), pytest.fail, as_text=as_text)
    found = whole_numbers(file, frame["idx"], -LARGE, LARGE)
    assert found.dtype == np.int64
    assert found.tolist() == [LARGE, LARGE - 1, 2**53 + 1, -LARGE]


@pytest.mark.parametrize("cell", ["1.5", "a", "", "true", str(LARGE + 1), "1e30", "inf"])
def test_what_is_not_a_whole_number_in_the_range_is_refused_by_its_row(tmp_path: Path, cell: str) -> None:
    file = tmp_path / "X.csv"
    file.write_text(f'idx,other\n7,1\n"{cell}",1\n')
    frame = read_columns(file, ("idx", "other"), pytest.fail)
    with pytest.raises(InputError, match=r"X.csv, row 2, column idx: .* is not a whole number from 0 to "):
        whole_numbers(file, frame["idx"], 0, LARGE)
