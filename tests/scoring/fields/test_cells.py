"""Columns of every kind: a value is read in one way, whatever stands beside it."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from liftstream.contracts.errors import ModelRefused
from liftstream.scoring.fields.cells import read_words
from tests.scoring.documents import document, schema, score


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([False, 0.0, True, 1, "x"], ["false", "0", "true", "1", "x"]),
        ([0.0, False, 1.0, True, None], ["0", "false", "1", "true", None]),
        ([np.True_, np.float32(1.0), np.int64(1), 1.0, Decimal("1.00"), None], ["true", "1", "1", "1", "1", None]),
    ],
)  # fmt: skip
def test_a_value_is_spelled_alone_as_beside_others(values: list[object], words: list[str | None]) -> None:
    assert read_words(values).objects().tolist() == words
    assert [read_words([value]).objects()[0] for value in values] == words


MODEL = document(
    f"<RegressionModel functionName='regression'>{schema('y', 'day')}<LocalTransformations><DerivedField name='d'"
    " optype='continuous' dataType='integer'><Apply function='dateDaysSinceYear'><FieldRef field='day'/>"
    "<Constant dataType='integer'>2010</Constant></Apply></DerivedField></LocalTransformations><RegressionTable"
    " intercept='0'><NumericPredictor name='d' coefficient='1'/></RegressionTable></RegressionModel>",
    day='optype="continuous" dataType="date"',
    y='optype="continuous" dataType="double"',
)


@pytest.mark.parametrize(
    "days",
    [
        np.array(["2010-02-18", "2010-01-01", "NaT"], dtype="datetime64[D]"),
        pd.Series(pd.to_datetime(["2010-02-18", "2010-01-01", None])),
        pd.Series(pd.to_datetime(["2010-02-18", "2010-01-01", None])).astype(object),
        [date(2010, 2, 18), datetime(2010, 1, 1), None],
        ["2010-02-18", "2010-01-01", None],
    ],
    ids=["datetime64", "pandas", "Timestamps", "dates", "text"],
)
def test_dates_are_read_from_every_kind_of_column(days: object) -> None:
    found = score(MODEL, day=days)
    assert found["y"][:2].tolist() == [48.0, 0.0]
    assert np.isnan(found["y"][2])


@pytest.mark.parametrize(
    "moment", ["2010-02-18T10:00", "2010-02-18T00:00:00Z", "20100218", "2010-W07-4", "18/02/2010"]
)
def test_what_is_no_date_or_has_an_offset_is_said(moment: str) -> None:
    found = score(MODEL, day=[moment])
    assert np.isnan(found["y"][0])
    assert f"day: {moment!r} is no date" in found.problems[0]  # type: ignore[index]


def test_a_timestamp_within_a_day_is_no_date() -> None:
    found = score(MODEL, day=np.array(["2010-02-18T10:00"], dtype="datetime64[ns]"))
    assert "'2010-02-18T10:00:00' is no date" in found.problems[0]  # type: ignore[index]


def test_a_column_of_timestamps_is_no_number() -> None:
    model = document(
        f"<RegressionModel functionName='regression'>{schema('y', 'x')}<RegressionTable intercept='0'>"
        "<NumericPredictor name='x' coefficient='1'/></RegressionTable></RegressionModel>",
        x='optype="continuous" dataType="double"',
        y='optype="continuous" dataType="double"',
    )
    found = score(model, x=np.array(["2010-02-18"], dtype="datetime64[ns]"))
    assert "is not a number" in found.problems[0]  # type: ignore[index]


@pytest.mark.parametrize("text", ["2010-02-18T00:00:00Z", "2010-02-18T10:00:00+02:00", "tomorrow"])
def test_a_moment_of_the_model_that_is_none_or_has_an_offset_is_refused(text: str) -> None:
    moment = 'optype="continuous" dataType="dateTime"'
    tree = (
        f"<TreeModel functionName='regression'>{schema('y', 'at')}<Node score='1'><True/><Node score='2'>"
        f"<SimplePredicate field='at' operator='lessThan' value='{text}'/></Node></Node></TreeModel>"
    )
    constant = (
        f"<RegressionModel functionName='regression'>{schema('y', 'at')}<LocalTransformations><DerivedField name='d'"
        f" optype='categorical' dataType='boolean'><Apply function='equal'><FieldRef field='at'/><Constant"
        f" dataType='dateTime'>{text}</Constant></Apply></DerivedField></LocalTransformations><RegressionTable"
        " intercept='0'><CategoricalPredictor name='d' value='true' coefficient='1'/></RegressionTable></RegressionModel>"
    )
    for model in (tree, constant):
        with pytest.raises(ModelRefused, match="which is no dateTime"):
            score(
                document(model, at=moment, y='optype="continuous" dataType="double"'),
                at=["2010-02-18T00:00:00"],
            )
