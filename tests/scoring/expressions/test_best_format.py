"""SAS's BESTw., after the examples of its manual."""

import numpy as np
import pytest

from liftstream.scoring.expressions.functions.best_format import write_best
from tests.scoring.documents import NUMBER, document, schema, score


@pytest.mark.parametrize(
    ("number", "width", "text"),
    [
        (1257000, 6, "1.26E6"),
        (1257000, 3, "1E6"),
        (1257000, 12, "1257000"),
        (1.0, 12, "1"),
        (0.0, 12, "0"),
        (-0.5, 12, "-0.5"),
        (34.57151913, 12, "34.57151913"),
        (34.57151913, 5, "34.57"),
        (1 / 3, 12, "0.3333333333"),
        (0.1 + 0.2, 20, "0.3"),
        (99.99, 3, "100"),
        (1e20, 12, "1E20"),
        (100000.0, 1, None),
        (1.234567e-7, 12, None),
    ],
)
def test_a_number_is_written_as_sas_writes_it(number: float, width: int, text: str | None) -> None:
    assert write_best(number, width) == text


def test_the_function_that_sas_defines_writes_numbers() -> None:
    define = (
        "<TransformationDictionary><DefineFunction name='SAS-FORMAT-BESTw' optype='categorical' dataType='string'>"
        "<ParameterField name='FMTWIDTH' optype='continuous'/><ParameterField name='AnyNInput' optype='continuous'/>"
        "<Apply function='formatNumber'><FieldRef field='AnyNInput'/><Constant>FMTWIDTH</Constant></Apply>"
        "</DefineFunction></TransformationDictionary>"
    )
    call = "<Apply function='SAS-FORMAT-BESTw'><Constant>12</Constant><FieldRef field='x'/></Apply>"
    model = (
        f"<RegressionModel functionName='regression'>{schema('y', 'x')}<Output><OutputField name='t' optype='categorical'"
        f" dataType='string' feature='transformedValue'>{call}</OutputField></Output><RegressionTable intercept='1'/>"
        "</RegressionModel>"
    )
    found = score(document(define + model, x=NUMBER, y=NUMBER), x=[1.0, 2.5, np.nan, 1e-9])
    assert found["t"].tolist() == ["1", "2.5", None, None]
    assert found.problems is not None
    assert found.problems[2] is None
    assert "BESTw" in found.problems[3]
