"""Every kind of table gives the same report."""

import pandas
import polars
import pyarrow
import pytest

from liftstream import experiment

ROWS = {
    "client": [f"{i:03}" for i in range(60)],
    "arm": ["original", "candidate"] * 30,
    "revenue": [None, 1.0, 2.5] * 20,
}


@pytest.mark.parametrize("frame", [dict, pandas.DataFrame, polars.DataFrame, pyarrow.table])
def test_every_frame_gives_the_same_report(frame: object) -> None:
    expected = experiment.analyze(ROWS, blank_revenue="zero")
    found = experiment.analyze(frame(ROWS), blank_revenue="zero")
    assert (found.verdict.pvalue, found.clients, found.checks) == (
        expected.verdict.pvalue,
        expected.clients,
        expected.checks,
    )
