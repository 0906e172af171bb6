"""Rows with known results that a document carries: every kind of value in the spellings of the standard."""

from pathlib import Path

import pytest

from liftstream import scoring
from liftstream.scoring.verification import verify
from tests.scoring.documents import NUMBER, document, schema

BOOLEAN = 'optype="categorical" dataType="boolean"'


def verified(tmp_path: Path, rows: str) -> tuple[str, ...]:
    """What does not agree for rows of x, y = 1 / x, and whether x is above 1."""
    fields = "".join(
        f"<VerificationField field='{name}' column='data:{name}'/>" for name in ("x", "y", "above")
    )
    model = (
        f"<RegressionModel functionName='regression'>{schema('y', 'x')}<Output><OutputField name='above' dataType='boolean'"
        " optype='categorical' feature='transformedValue'><Apply function='greaterThan'><FieldRef field='x'/>"
        "<Constant>1</Constant></Apply></OutputField></Output><RegressionTable intercept='0'><NumericPredictor name='x'"
        f" exponent='-1' coefficient='1'/></RegressionTable><ModelVerification><VerificationFields>{fields}"
        f"</VerificationFields><InlineTable xmlns:data='http://x'>{rows}</InlineTable></ModelVerification></RegressionModel>"
    )
    path = tmp_path / "model.pmml"
    path.write_text(document(model, x=NUMBER, y=NUMBER))
    verification = verify(scoring.load(path))
    assert verification is not None
    assert verification.fields == ("y", "above")
    return verification.disagreements


def row(x: str, y: str | None, above: str | None) -> str:
    cells = {"x": x, "y": y, "above": above}
    inside = "".join(f"<data:{name}>{text}</data:{name}>" for name, text in cells.items() if text is not None)
    return f"<row>{inside}</row>"


@pytest.mark.parametrize(
    ("x", "y", "above"),
    [
        ("2", "0.5", "true"), ("4", "0.2500001", "1"), ("0.5", "2.0", "false"), ("0", "INF", "0"), ("", "", ""), ("", None, None),
        ("", "NaN", None),
    ],
)  # fmt: skip
def test_a_result_agrees_however_it_is_spelled(
    x: str, y: str | None, above: str | None, tmp_path: Path
) -> None:
    assert verified(tmp_path, row(x, y, above)) == ()


@pytest.mark.parametrize(
    ("x", "y", "above"),
    [
        ("2", "0.51", "true"),
        ("2", "0.5", "false"),
        ("2", None, "true"),
        ("", "0.5", None),
        ("2", "0.5", None),
        ("2", "half", "true"),
    ],
)
def test_another_result_does_not(x: str, y: str | None, above: str | None, tmp_path: Path) -> None:
    assert len(verified(tmp_path, row(x, y, above))) == 1
