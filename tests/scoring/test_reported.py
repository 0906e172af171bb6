"""Files in shapes that people reported elsewhere, each with the right values: they agree, or are refused by name."""

from pathlib import Path

import numpy as np
import pytest

from liftstream import scoring
from liftstream.cli.files.rows_file import read_chunks, write_rows
from liftstream.cli.model.score import join_parts
from liftstream.contracts.errors import ModelError
from tests.scoring.case_files import agree, read_columns

REPORTED = sorted(folder for folder in (Path(__file__).parent / "cases" / "reported").iterdir())
TOLERANCE = {"abs": 1e-12, "rel": 1e-12}


@pytest.mark.parametrize("folder", REPORTED, ids=[folder.name for folder in REPORTED])
def test_a_reported_file_agrees_or_is_refused(folder: Path, tmp_path: Path) -> None:
    if (folder / "expected.csv").read_text().startswith("("):
        with pytest.raises(ModelError, match="model.pmml: line "):
            scoring.load(folder / "model.pmml")
        return
    model = scoring.load(folder / "model.pmml")
    columns, _ = join_parts(
        [model.score(chunk.columns) for chunk in read_chunks(str(folder / "input.csv"), model.inputs, set())]
    )
    write_rows(columns, tmp_path / "scores.csv")
    found, expected = (
        read_columns(file, {""}) for file in (tmp_path / "scores.csv", folder / "expected.csv")
    )
    for name, values in expected.items():
        assert len(found[name]) == len(values)
        for row, (ours, theirs) in enumerate(zip(found[name], values, strict=True)):
            assert agree(np.nan if ours is None else ours, theirs, TOLERANCE), (name, row, ours, theirs)
