"""Expressions and built-in functions, with results worked out by hand or from the standard's examples."""

import math
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from liftstream.contracts.errors import ModelError, ModelRefused, ModelUnsupported
from liftstream.scoring.expressions.functions import FUNCTIONS
from liftstream.scoring.loading import load_content
from tests.scoring.documents import NUMBER, document, schema, score

DATE = "optype='ordinal' dataType='dateTime'"


def evaluate(expression: str, kind: str = "double", functions: str = "", **values: Any) -> Any:
    """The expression of one row with fields a, b (numbers), s, t (text), d (dateTime)."""
    fields = "".join(
        f"<DataField name='{name}' {described}/>"
        for name, described in {
            "a": NUMBER, "b": NUMBER, "i": "optype='continuous' dataType='integer'",
            "s": "optype='categorical' dataType='string'", "t": "optype='categorical' dataType='string'", "d": DATE,
        }.items()
    )  # fmt: skip
    named = "".join(f"<MiningField name='{name}'/>" for name in "abistd")
    text = (
        f"<PMML xmlns='http://www.dmg.org/PMML-4_4' version='4.4'><Header/><DataDictionary>{fields}</DataDictionary>"
        f"<TransformationDictionary>{functions}</TransformationDictionary>"
        f"<RegressionModel functionName='regression'><MiningSchema>{named}</MiningSchema><Output>"
        f"<OutputField name='y' feature='transformedValue' dataType='{kind}'>{expression}</OutputField></Output>"
        "<RegressionTable intercept='0'/></RegressionModel></PMML>"
    )
    given: dict[str, Any] = {"a": 0.0, **values}
    scores = score(text, **{name: [value] for name, value in given.items()})
    if scores.problems is not None and scores.problems[0] is not None:
        return scores.problems[0]
    found = scores["y"].tolist()[0]
    return None if isinstance(found, float) and math.isnan(found) else found


def apply(function: str, *arguments: Any, attributes: str = "") -> str:
    inside = "".join(_argument(argument) for argument in arguments)
    return f"<Apply function='{function}' {attributes}>{inside}</Apply>"


def word(text: str) -> str:
    """A constant of one character, which would be a field otherwise."""
    return f"<Constant dataType='string'>{text}</Constant>"


def _argument(argument: Any) -> str:
    if isinstance(argument, str) and argument.startswith("<"):
        return argument
    if isinstance(argument, str) and len(argument) == 1:
        return f"<FieldRef field='{argument}'/>"
    kind = {str: "string", int: "integer", float: "double"}[type(argument)]
    return f"<Constant dataType='{kind}'>{argument}</Constant>"


NUMERIC = [
    (apply("+", "a", "b"), {"a": 2, "b": 3}, 5),
    (apply("-", "a", "b"), {"a": 2, "b": 3}, -1),
    (apply("*", "a", 4), {"a": 2.5}, 10),
    (apply("/", "a", 4), {"a": 2}, 0.5),
    (apply("/", "i", 4), {"i": 7}, 1),
    (apply("/", "i", 4), {"i": -7}, -1),
    (apply("+", "a", "b"), {"a": 2, "b": None}, None),
    (apply("+", "a", "b", attributes="mapMissingTo='9'"), {"a": 2, "b": None}, 9),
    (apply("+", "a", "b", attributes="defaultValue='8'"), {"a": 2, "b": None}, 8),
    (apply("sum", "a", "b"), {"a": 2, "b": None}, 2),
    (apply("avg", "a", "b", 6.0), {"a": 2, "b": None}, 4),
    (apply("min", "a", "b"), {"a": 2, "b": -3}, -3),
    (apply("max", "a", "b"), {"a": None, "b": None}, None),
    (apply("median", "a", "b", 100.0), {"a": 2, "b": -3}, 2),
    (apply("product", "a", "b"), {"a": 2, "b": -3}, -6),
    (apply("log10", "a"), {"a": 1000}, 3),
    (apply("ln", "a"), {"a": math.e}, 1),
    (apply("ln", "a"), {"a": -1}, "ln is not defined for the row's values"),
    (apply("ln", "a", attributes="invalidValueTreatment='asMissing'"), {"a": -1}, None),
    (apply("sqrt", "a"), {"a": 9}, 3),
    (apply("abs", "a"), {"a": -9}, 9),
    (apply("exp", "a"), {"a": 1}, math.e),
    (apply("pow", "a", 3), {"a": 2}, 8),
    (apply("threshold", "a", 1), {"a": 2}, 1),
    (apply("threshold", "a", 2), {"a": 2}, 0),
    (apply("floor", "a"), {"a": -1.5}, -2),
    (apply("ceil", "a"), {"a": -1.5}, -1),
    (apply("round", "a"), {"a": 2.5}, 3),
    (apply("round", "a"), {"a": -2.5}, -2),
    (apply("round", "a"), {"a": 0.49999999999999994}, 0),
    (apply("round", "a"), {"a": 4503599627370497.0}, 4503599627370497),
    (apply("rint", "a"), {"a": 2.5}, 2),
    (apply("modulo", "a", 3), {"a": 11}, 2),
    (apply("modulo", "a", 3), {"a": -8}, 1),
    (apply("hypot", "a", 4), {"a": 3}, 5),
    (apply("expm1", "a"), {"a": 1e-12}, 1.0000000000005e-12),
    (apply("ln1p", "a"), {"a": 1e-12}, 9.999999999995e-13),
    (apply("sin", "a"), {"a": 1}, math.sin(1)),
    (apply("atan2", "a", 1), {"a": 1}, math.pi / 4),
    (apply("erf", "a"), {"a": 0.5}, math.erf(0.5)),
    (apply("stdNormalCDF", "a"), {"a": 1.96}, 0.9750021048517795),
    (apply("normalCDF", "a", 10.0, 2.0), {"a": 12}, 0.8413447460685429),
    (apply("stdNormalPDF", "a"), {"a": 0}, 1 / math.sqrt(2 * math.pi)),
    (apply("normalPDF", "a", 10.0, 2.0), {"a": 10}, 1 / math.sqrt(8 * math.pi)),
    (apply("stdNormalIDF", "a"), {"a": 0.975}, 1.959963984540054),
    (apply("normalIDF", "a", 10.0, 2.0), {"a": 0.5}, 10),
    (apply("isMissing", "a"), {"a": None}, 1),
    (apply("isNotMissing", "a"), {"a": None}, 0),
    (apply("isValid", "a"), {"a": 1}, 1),
    (apply("isNotValid", "a"), {"a": None}, 1),
    (apply("+", "s", 1), {"s": "true"}, 2),
    (apply("lessThan", "a", "b"), {"a": 1, "b": 2}, 1),
    (apply("greaterOrEqual", "a", "b"), {"a": 1, "b": None}, None),
    (apply("equal", "s", "yes"), {"s": "yes"}, 1),
    (apply("notEqual", "s", "yes"), {"s": "no"}, 1),
    (apply("isIn", "s", "yes", "maybe"), {"s": "maybe"}, 1),
    (apply("isNotIn", "a", 1, 2), {"a": 3}, 1),
    (apply("and", apply("isMissing", "a"), apply("lessThan", "a", 1)), {"a": None}, None),
    (apply("or", apply("isMissing", "a"), apply("lessThan", "a", 1)), {"a": None}, 1),
    (apply("not", apply("lessThan", "a", 1)), {"a": 2}, 1),
    (apply("if", apply("greaterThan", "a", 0), apply("ln", "a"), 0.0), {"a": math.e}, 1),
    (apply("if", apply("greaterThan", "a", 0), apply("ln", "a"), 0.0), {"a": -5}, 0),
    (apply("if", apply("greaterThan", "a", 0), 1.0), {"a": -5}, None),
    (apply("if", apply("greaterThan", "a", 0), apply("ln", "a"), 0.0, attributes="mapMissingTo='9'"), {"a": -5}, 0),
    (apply("if", apply("greaterThan", "a", 0), apply("ln", "a"), 0.0, attributes="mapMissingTo='9'"), {"a": None}, 9),
    (apply("if", apply("greaterThan", "a", 0), apply("ln", "b"), 0.0, attributes="mapMissingTo='9'"), {"a": -5, "b": None}, 9),
    (apply("if", apply("greaterThan", "b", 0), 1.0, apply("ln", "a")), {"a": -5, "b": None}, None),
    (apply("if", apply("greaterThan", "b", 0), 1.0, apply("ln", "a"), attributes="defaultValue='9'"), {"a": -5, "b": None}, 9),
    (apply("if", apply("greaterThan", "b", 0), 1.0, apply("ln", "a")), {"a": -5, "b": -1}, "ln is not defined for the row's values"),
    (apply("stringLength", "s"), {"s": "aBc9"}, 4),
    (apply("matches", "s", "ar?y"), {"s": "January"}, 1),
    (apply("matches", "s", "ar?y"), {"s": "June"}, 0),
    (apply("dateDaysSinceYear", "d", 1960), {"d": "1960-01-03T10:00:00"}, 2),
    (apply("dateSecondsSinceYear", "d", 1960), {"d": "1960-01-03T03:30:03"}, 185403),
    (apply("dateSecondsSinceMidnight", "d"), {"d": "1960-01-03T05:20:30"}, 19230),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "given", "result"), NUMERIC)
def test_a_function_gives_the_number(expression: str, given: dict[str, Any], result: Any) -> None:
    found = evaluate(expression, **given)
    assert found == (
        result if result is None or isinstance(result, str) else pytest.approx(result, rel=1e-14)
    )


TEXTS = [
    (apply("uppercase", "s"), {"s": "aB9"}, "AB9"),
    (apply("lowercase", "s"), {"s": "aB9"}, "ab9"),
    (apply("substring", "s", 2, 3), {"s": "aBc9x"}, "Bc9"),
    (apply("substring", "s", 4, 9), {"s": "aBc9x"}, "9x"),
    (apply("trimBlanks", "s"), {"s": "  aBc9x  "}, "aBc9x"),
    (apply("concat", "s", word("-"), "t"), {"s": "2", "t": "13"}, "2-13"),
    (apply("concat", "s", "t"), {"s": "2", "t": None}, "2"),
    (apply("replace", "s", "B+", word("c")), {"s": "BBBB"}, "c"),
    (apply("replace", "s", "(a)(b)", "$2$1"), {"s": "ab"}, "ba"),
    (apply("formatNumber", "a", "%3d"), {"a": 2}, "  2"),
    (apply("formatNumber", "a", "%.2f"), {"a": 2.345678}, "2.35"),
    (apply("formatNumber", "a", "100%% of %.1f%%"), {"a": 2.3}, "100% of 2.3%"),
    (apply("formatNumber", "a", "$%,12.2f"), {"a": 1234567.891}, "$1,234,567.89"),
    (apply("formatNumber", "a", "%x"), {"a": 255}, "ff"),
    (apply("formatDatetime", "d", "%m/%d/%y"), {"d": "2004-08-20T01:02:03"}, "08/20/04"),
    (
        apply("formatDatetime", "d", "%F %T, %R, %h %e, %%T"),
        {"d": "2004-08-02T01:02:03"},
        "2004-08-02 01:02:03, 01:02, Aug  2, %T",
    ),
    (apply("if", apply("equal", "s", word("x")), "one", "other"), {"s": "x"}, "one"),
    (apply("if", apply("equal", "s", word("x")), "one", "other"), {"s": None}, None),
]


@pytest.mark.parametrize(("expression", "given", "result"), TEXTS)
def test_a_function_gives_the_text(expression: str, given: dict[str, Any], result: Any) -> None:
    assert evaluate(expression, "string", **given) == result


EXPRESSIONS = [
    ("<Constant>3</Constant>", {}, 3),
    ("<FieldRef field='a' mapMissingTo='4'/>", {"a": None}, 4),
    (apply("isMissing", "<Constant dataType='double'/>"), {}, 1),
    (apply("isMissing", "<Constant dataType='date'> </Constant>"), {}, 1),
    (apply("isMissing", "<Constant dataType='string'/>"), {}, 0),
    (apply("isMissing", "<Constant/>"), {}, 0),
    (apply("sum", "a", "<Constant dataType='integer'/>"), {"a": 3}, 3),
    ("<NormContinuous field='a'><LinearNorm orig='0' norm='0'/><LinearNorm orig='10' norm='1'/></NormContinuous>", {"a": 5}, 0.5),
    ("<NormContinuous field='a'><LinearNorm orig='0' norm='0'/><LinearNorm orig='10' norm='1'/></NormContinuous>", {"a": 20}, 2),
    ("<NormContinuous field='a' outliers='asExtremeValues'><LinearNorm orig='0' norm='0'/><LinearNorm orig='10' norm='1'/></NormContinuous>", {"a": 20}, 1),
    ("<NormContinuous field='a' outliers='asMissingValues'><LinearNorm orig='0' norm='0'/><LinearNorm orig='10' norm='1'/></NormContinuous>", {"a": 20}, None),
    # so do JPMML and PMML4S, where the standard may be read in both ways
    ("<NormContinuous field='a' outliers='asMissingValues' mapMissingTo='0.3'><LinearNorm orig='0' norm='0'/><LinearNorm orig='10' norm='1'/></NormContinuous>", {"a": 20}, None),
    ("<NormContinuous field='a' mapMissingTo='0.3'><LinearNorm orig='0' norm='0'/><LinearNorm orig='10' norm='1'/></NormContinuous>", {"a": None}, 0.3),
    ("<NormDiscrete field='s' value='x'/>", {"s": "x"}, 1),
    ("<NormDiscrete field='s' value='x'/>", {"s": "y"}, 0),
    ("<NormDiscrete field='s' value='x'/>", {"s": None}, None),
    ("<NormDiscrete field='s' value='x' mapMissingTo='0.5'/>", {"s": None}, 0.5),
    ("<Discretize field='a' dataType='integer' defaultValue='0'><DiscretizeBin binValue='7'><Interval closure='openClosed' leftMargin='0' rightMargin='5'/></DiscretizeBin></Discretize>", {"a": 5}, 7),
    ("<Discretize field='a' dataType='integer' defaultValue='0'><DiscretizeBin binValue='7'><Interval closure='openClosed' leftMargin='0' rightMargin='5'/></DiscretizeBin></Discretize>", {"a": 0}, 0),
    ("<Discretize field='a' dataType='integer' mapMissingTo='2'><DiscretizeBin binValue='7'><Interval closure='openClosed' leftMargin='0' rightMargin='5'/></DiscretizeBin></Discretize>", {"a": None}, 2),
]  # fmt: skip

MAP = (
    "<MapValues outputColumn='out' dataType='integer' defaultValue='-1'><FieldColumnPair field='s' column='data:in'/>"
    "<FieldColumnPair field='t' column='other'/><InlineTable>"
    "<row><data:in xmlns:data='urn:d'>p</data:in><other>q</other><out>5</out></row>"
    "</InlineTable></MapValues>"
)


@pytest.mark.parametrize(("expression", "given", "result"), EXPRESSIONS)
def test_an_expression_gives_the_number(expression: str, given: dict[str, Any], result: Any) -> None:
    assert evaluate(expression, **given) == (result if result is None else pytest.approx(result))


FILLED = [
    "<FieldRef field='s' mapMissingTo='p'/>",
    apply("lowercase", "s", attributes="defaultValue='p'"),
    apply("lowercase", "s", attributes="mapMissingTo='p'"),
    "<MapValues outputColumn='out' defaultValue='q' mapMissingTo='p'><FieldColumnPair field='s' column='in'/>"
    "<InlineTable><row><in>p</in><out>p</out></row></InlineTable></MapValues>",
    "<Discretize field='a' defaultValue='q' mapMissingTo='p'><DiscretizeBin binValue='p'>"
    "<Interval closure='closedClosed' leftMargin='0' rightMargin='0'/></DiscretizeBin></Discretize>",
]


@pytest.mark.parametrize("filled", FILLED)
def test_a_word_that_stands_in_for_a_missing_one_is_that_word_in_every_row(filled: str) -> None:
    """In a batch: rows that hold the word themselves, another one, and none. JPMML gives the same."""
    model = (
        f"<TreeModel functionName='regression'>{schema(None, 's', 'a')}<LocalTransformations>"
        f"<DerivedField name='w' optype='categorical' dataType='string'>{filled}</DerivedField>"
        "<DerivedField name='n' optype='continuous' dataType='double'><NormDiscrete field='w' value='p'/></DerivedField>"
        "</LocalTransformations><Node score='0'><True/>"
        "<Node score='1'><CompoundPredicate booleanOperator='and'>"
        "<SimplePredicate field='w' operator='equal' value='p'/><SimplePredicate field='n' operator='equal' value='1'/>"
        "</CompoundPredicate></Node><Node score='2'><True/></Node></Node></TreeModel>"
    )
    columns = {"s": ["p", "q", None, "p"], "a": [0.0, 1.0, math.nan, 0.0]}
    assert score(document(model, s="", a=NUMBER), **columns)["prediction"].tolist() == [1, 2, 1, 1]


def test_a_table_maps_combinations_of_values() -> None:
    assert evaluate(MAP, s="p", t="q") == 5
    assert evaluate(MAP, s="p", t="z") == -1
    assert evaluate(MAP, s="p", t=None) is None


@pytest.mark.parametrize(("attributes", "result"), [("", None), ("mapMissingTo='9'", 9)])
def test_a_row_that_lacks_a_key_is_not_the_row_of_missing_values(
    attributes: str, result: float | None
) -> None:
    """mapMissingTo says what becomes of them, whatever the rows are."""
    table = (
        f"<MapValues outputColumn='out' dataType='integer' {attributes}><FieldColumnPair field='s' column='in'/>"
        "<InlineTable><row><out>5</out></row></InlineTable></MapValues>"
    )
    assert evaluate(table, s=None) == result


@pytest.mark.parametrize("key", ["8.0", "8", "8e0"])
def test_numbers_among_the_keys_of_a_table_are_compared_as_numbers(key: str) -> None:
    table = (
        "<MapValues outputColumn='out' dataType='integer' defaultValue='-1'><FieldColumnPair field='a' column='in'/>"
        f"<InlineTable><row><in>{key}</in><out>5</out></row></InlineTable></MapValues>"
    )
    assert evaluate(table, a=8) == 5
    assert evaluate(table, a=8.5) == -1


def test_a_function_of_the_document_sees_its_parameters_only() -> None:
    define = (
        "<DefineFunction name='twice' optype='continuous' dataType='double'><ParameterField name='p' dataType='double'/>"
        f"{apply('*', 'p', 2)}</DefineFunction>"
    )
    assert evaluate(apply("twice", apply("twice", "a")), functions=define, a=3) == 12
    foreign = define.replace("<FieldRef field='p'/>", "<FieldRef field='a'/>")
    with pytest.raises(ModelError, match="names the field 'a', which is not defined"):
        evaluate(apply("twice", "b"), functions=foreign)


def test_a_function_of_a_newer_version_is_known_by_its_name_behind_x() -> None:
    assert evaluate(apply("x-atan2", "a", "b"), a=1.0, b=2.0) == pytest.approx(math.atan2(1.0, 2.0))
    own = "<DefineFunction name='x-abs' optype='continuous' dataType='double'><ParameterField name='p' dataType='double'/><FieldRef field='p'/></DefineFunction>"
    assert evaluate(apply("x-abs", "a"), functions=own, a=-3.0) == -3.0


def test_a_sum_may_have_thousands_of_arguments() -> None:
    assert evaluate(apply("sum", *["a"] * 5000), a=2.0) == 10_000.0


def test_a_function_that_calls_itself_is_refused() -> None:
    define = f"<DefineFunction name='f'><ParameterField name='p'/>{apply('f', 'p')}</DefineFunction>"
    with pytest.raises(ModelError, match="calls itself"):
        evaluate(apply("f", "a"), functions=define)


def test_functions_that_call_others_twice_again_and_again_are_refused_in_time() -> None:
    """Thirty of them would be a thousand million calls."""
    define = "<DefineFunction name='f{}' optype='continuous' dataType='double'><ParameterField name='p'/>{}</DefineFunction>"
    functions = define.format(0, "<FieldRef field='p'/>") + "".join(
        define.format(number, apply("+", *[apply(f"f{number - 1}", "p")] * 2)) for number in range(1, 18)
    )
    with pytest.raises(
        ModelRefused, match="calls inside of functions; accepted: 10,000, and 50 for each call"
    ):
        evaluate(apply("f17", "a"), functions=functions)
    assert evaluate(apply("f9", "a"), functions=functions, a=1.0) == 512.0


def nested(levels: int, attributes: str = "") -> str:
    """a + 1 + 1 + ..., as converters write a long sum: each in the next."""
    inside = "<FieldRef field='a'/>"
    for _ in range(levels):
        inside = apply("+", inside, 1, attributes=attributes)
    return inside


@pytest.mark.parametrize(
    ("attributes", "given", "result"),
    [("", 2.0, 152), ("", None, None), ("mapMissingTo='9'", 2.0, 152), ("mapMissingTo='9'", None, 9 + 149), ("defaultValue='9'", None, 9 + 149)],
)  # fmt: skip
def test_each_of_many_functions_in_one_another_is_worked_out_once(
    attributes: str, given: float | None, result: float | None
) -> None:
    """Were the arguments asked twice at every level, for their values and whether they are missing, this would not end."""
    assert evaluate(nested(150, attributes), a=given) == result


def test_the_arguments_of_functions_are_let_go() -> None:
    text = document(
        f"<RegressionModel functionName='regression'>{schema(None, 'a')}<Output>"
        f"<OutputField name='y' feature='transformedValue' dataType='double'>{nested(20)}</OutputField></Output>"
        "<RegressionTable intercept='0'/></RegressionModel>",
        a=NUMBER,
    )
    model = load_content(text.encode(), Path("model.pmml"))
    batch = model.document.inputs.from_columns({"a": [1.0, None]}, 2)
    model.finish(batch)
    assert len(batch._columns) == 2  # the input and the output


def test_long_chains_of_derived_fields_are_scored_and_endless_ones_refused() -> None:
    derived = "<DerivedField name='d{}' optype='continuous' dataType='double'>{}</DerivedField>"

    def chain(length: int) -> str:
        links = (
            derived.format(
                n, f"<Apply function='+'><FieldRef field='d{n - 1}'/><Constant>1</Constant></Apply>"
            )
            for n in range(1, length)
        )
        return derived.format(0, "<FieldRef field='a'/>") + "".join(links)

    assert evaluate("<FieldRef field='d199'/>", functions=chain(200), a=1.0) == 200.0
    with pytest.raises(ModelRefused, match="derived fields refer to each other too deeply"):
        evaluate("<FieldRef field='d4999'/>", functions=chain(5000), a=1.0)


def test_a_text_that_doubles_again_and_again_rejects_its_row() -> None:
    derived = "<DerivedField name='{}' optype='categorical' dataType='string'>{}</DerivedField>"
    letters = "sABCDEFGHIJKLMNO"
    doubling = "".join(
        derived.format(now, apply("concat", before, before)) for before, now in pairwise(letters)
    )
    length = apply("stringLength", "O")
    assert evaluate(length, functions=doubling, s="one") == 3 * 2**15
    assert evaluate(length, functions=doubling, s="four") == "concat would give more than 100,000 characters"


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("<Aggregate field='a' function='sum'/>", "<Aggregate> is not scored"),
        ("<Lag field='a'/>", "<Lag> is not scored"),
        (apply("frobnicate", "a"), "neither built in nor defined"),
        (apply("lnn", "a"), "near it: ln"),
        (apply("matches", "s", "(a+)+$"), "whose search could take forever"),
        (apply("matches", "s", "(a)\\1"), "whose search could take forever"),
        (apply("matches", "s", "t"), "a pattern that is not constant"),
        (apply("formatNumber", "a", "%99999999d"), "has the format"),
    ],
)
def test_what_is_not_worked_out_is_refused_by_name(expression: str, why: str) -> None:
    with pytest.raises(ModelUnsupported, match=why):
        evaluate(expression)


def test_every_built_in_function_of_the_standard_is_there() -> None:
    standard = [
        "+",
        "-",
        "*",
        "/",
        "min",
        "max",
        "sum",
        "avg",
        "median",
        "product",
        "log10",
        "ln",
        "sqrt",
        "abs",
        "exp",
        "pow",
        "threshold",
        "floor",
        "ceil",
        "round",
        "modulo",
        "isMissing",
        "isNotMissing",
        "isValid",
        "isNotValid",
        "equal",
        "notEqual",
        "lessThan",
        "lessOrEqual",
        "greaterThan",
        "greaterOrEqual",
        "and",
        "or",
        "not",
        "isIn",
        "isNotIn",
        "if",
        "uppercase",
        "lowercase",
        "stringLength",
        "substring",
        "trimBlanks",
        "concat",
        "replace",
        "matches",
        "formatNumber",
        "formatDatetime",
        "dateDaysSinceYear",
        "dateSecondsSinceYear",
        "dateSecondsSinceMidnight",
        "normalCDF",
        "normalPDF",
        "normalIDF",
        "stdNormalCDF",
        "stdNormalPDF",
        "stdNormalIDF",
        "erf",
        "expm1",
        "hypot",
        "ln1p",
        "rint",
        "sin",
        "asin",
        "sinh",
        "cos",
        "acos",
        "cosh",
        "tan",
        "atan",
        "tanh",
    ]
    assert set(standard) <= set(FUNCTIONS)


def test_scaled_columns_go_through_their_arithmetic_together_as_they_would_alone() -> None:
    names = [f"x{i}" for i in range(20)]
    derived = "".join(
        f"<DerivedField name='s{i}' optype='continuous' dataType='double'><Apply function='/'><Apply function='-'>"
        f"<FieldRef field='{name}'/><Constant dataType='double'>{i + 0.1}</Constant></Apply>"
        f"<Constant dataType='double'>{i + 0.7}</Constant></Apply></DerivedField>"
        for i, name in enumerate(names)
    )
    terms = "".join(f"<NumericPredictor name='s{i}' coefficient='{i + 1}'/>" for i in range(20))
    model = (
        f"<RegressionModel functionName='regression'>{schema('t', *names)}<LocalTransformations>{derived}"
        f"</LocalTransformations><RegressionTable intercept='0'>{terms}</RegressionTable></RegressionModel>"
    )
    columns = np.random.default_rng(1).normal(size=(20, 7))
    columns[3, 2] = np.nan
    found = score(
        document(model, t=NUMBER, **dict.fromkeys(names, NUMBER)), **dict(zip(names, columns, strict=True))
    )["t"]
    alone = sum((i + 1) * ((columns[i] - (i + 0.1)) / (i + 0.7)) for i in range(20))
    assert np.isnan(found[2])
    assert np.allclose(np.delete(found, 2), np.delete(alone, 2), rtol=1e-13, atol=0)
