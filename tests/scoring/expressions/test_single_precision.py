"""Functions of single precision, and values of two kinds side by side: the results are those of JPMML-Evaluator 1.7.7."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from liftstream import scoring

FIELDS = {"x": "float", "z": "float", "w": "double", "i": "integer", "b": "boolean", "s": "string"}


def value(folder: Path, expression: str, datatype: str = "double", mining: str = "", **row: Any) -> Any:
    """An expression's result for one row."""
    fields = "".join(
        f'<DataField name="{name}" dataType="{kind}" optype="{"categorical" if kind in ("boolean", "string") else "continuous"}"/>'
        for name, kind in FIELDS.items()
    )
    schema = "".join(f'<MiningField name="{name}" {mining if name == "x" else ""}/>' for name in FIELDS)
    optype = "continuous" if datatype in ("double", "integer") else "categorical"
    file = folder / "model.pmml"
    file.write_text(
        f'<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/><DataDictionary>{fields}'
        '<DataField name="y" dataType="double" optype="continuous"/></DataDictionary>'
        f'<RegressionModel functionName="regression"><MiningSchema>{schema}<MiningField name="y" usageType="target"/>'
        f'</MiningSchema><Output><OutputField name="v" feature="transformedValue" dataType="{datatype}" '
        f'optype="{optype}">{expression}</OutputField></Output><RegressionTable intercept="0"/></RegressionModel></PMML>'
    )
    given = {"x": 0.1, "z": 0.2, "w": 0.1, "i": 1, "b": True, "s": "1"} | row
    return scoring.load(file).score({name: [one] for name, one in given.items()})["v"][0]


def apply(function: str, *arguments: str) -> str:
    read = [
        f'<FieldRef field="{one}"/>' if one in FIELDS else f'<Constant dataType="double">{one}</Constant>'
        for one in arguments
    ]
    return f'<Apply function="{function}">{"".join(read)}</Apply>'


@pytest.mark.parametrize(
    ("function", "expected"),
    [("sum", 0.30000001192092896), ("avg", 0.15000000596046448), ("product", 0.020000001415610313), ("pow", 0.6309573650360107)],
)  # fmt: skip
def test_a_function_of_two_floats_is_a_float(function: str, expected: float, tmp_path: Path) -> None:
    assert value(tmp_path, apply(function, "x", "z")) == expected


def test_beside_a_double_it_is_a_double(tmp_path: Path) -> None:
    assert value(tmp_path, apply("sum", "x", "w")) == float(np.float32(0.1)) + 0.1
    assert value(tmp_path, apply("pow", "x", "0.1")) == float(np.float32(0.1)) ** 0.1


def test_modulo_is_as_the_standard_writes_it(tmp_path: Path) -> None:
    assert value(tmp_path, apply("modulo", "x", "0.1"), x=16_777_216.0) == 0.0
    assert value(tmp_path, apply("modulo", "w", "3"), w=-1.0) == 2.0


@pytest.mark.parametrize(
    ("left", "right", "equal"), [("x", "w", True), ("w", "x", False), ("x", "0.1", True), ("x", "z", False)]
)
def test_two_fields_are_compared_in_the_precision_of_the_left_one(
    left: str, right: str, equal: bool, tmp_path: Path
) -> None:
    assert value(tmp_path, apply("equal", left, right), "boolean") == equal


def test_limits_of_outliers_are_as_precise_as_their_field(tmp_path: Path) -> None:
    clip = 'outliers="asExtremeValues" lowValue="0.1" highValue="0.3"'
    assert value(tmp_path, '<FieldRef field="x"/>', mining=clip, x=0.05) == float(np.float32(0.1))
    gone = 'outliers="asMissingValues" lowValue="0.1" highValue="0.3"'
    assert value(tmp_path, '<FieldRef field="x"/>', mining=gone, x=0.3) == float(np.float32(0.3))
    assert np.isnan(value(tmp_path, '<FieldRef field="x"/>', mining=gone, x=0.4))


@pytest.mark.parametrize(
    ("number", "text"), [(0.1, "0.1|"), (1 / 3, "0.33333334|"), (123456.789, "123456.79|"), (1.0, "1.0|")]
)
def test_a_float_is_written_with_its_own_digits(number: float, text: str, tmp_path: Path) -> None:
    said = '<Apply function="concat"><FieldRef field="x"/><Constant dataType="string">|</Constant></Apply>'
    assert value(tmp_path, said, "string", x=number) == text


@pytest.mark.parametrize(
    ("left", "right", "row", "equal"),
    [
        ("s", "i", {"s": "x"}, False),
        ("i", "s", {"s": "true"}, False),
        ("b", "s", {"s": "true"}, True),
        ("s", "b", {"s": "x"}, False),
        ("s", "i", {"s": "1.0"}, True),
    ],
)
def test_text_that_is_no_number_equals_none(
    left: str, right: str, row: dict[str, Any], equal: bool, tmp_path: Path
) -> None:
    assert value(tmp_path, apply("equal", left, right), "boolean", **row) == equal
    assert value(tmp_path, apply("notEqual", left, right), "boolean", **row) != equal
    assert value(tmp_path, apply("isIn", left, right), "boolean", **row) == equal


def nested(function: str, *arguments: str) -> str:
    return f'<Apply function="{function}">{"".join(arguments)}</Apply>'


INT, W, X = (f'<FieldRef field="{name}"/>' for name in "iwx")


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (nested("floor", W), "5|"), (nested("round", W), "5|"), (nested("ceil", X), "3|"), (nested("rint", INT), "4|"),
        (nested("rint", W), "5.0|"), (nested("abs", INT), "4|"), (nested("max", INT, INT), "4|"), (nested("sum", INT, INT), "8|"),
        (nested("sum", INT, W), "9.4|"), (nested("avg", INT, INT), "4.0|"), (nested("modulo", INT, INT), "0|"), (nested("pow", INT, INT), "256|"),
        (nested("+", nested("floor", W), INT), "9|"), (nested("*", nested("floor", W), W), "27.0|"),
        (nested("if", nested("lessThan", INT, W), nested("floor", W), W), "5|"), (nested("-", W, W), "0.0|"),
    ],
)  # fmt: skip
def test_a_whole_number_is_written_without_a_point(expression: str, text: str, tmp_path: Path) -> None:
    said = nested("concat", expression, '<Constant dataType="string">|</Constant>')
    assert value(tmp_path, said, "string", i=4, w=5.4, x=2.5) == text


def test_a_whole_number_that_was_rounded_is_divided_as_any_double(tmp_path: Path) -> None:
    """So says XQuery, from which the standard takes its functions, and PMML4S; JPMML truncates the quotient."""
    assert (
        value(tmp_path, nested("/", nested("floor", W), '<Constant dataType="integer">2</Constant>'), w=5.4)
        == 2.5
    )


def test_floats_are_added_in_double_precision_and_rounded_once(tmp_path: Path) -> None:
    assert value(tmp_path, nested("sum", X, X, INT, X), x=0.1, i=-8) == -7.699999809265137
    assert value(tmp_path, nested("+", INT, nested("abs", X)), x=-0.1, i=7) == 7.099999904632568


def test_nothing_is_minus_zero_in_text(tmp_path: Path) -> None:
    said = nested("concat", W, '<Constant dataType="string">|</Constant>')
    assert value(tmp_path, said, "string", w=-0.0) == "0.0|"
