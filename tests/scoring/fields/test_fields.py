"""Missing, invalid and outlying values: what the standard says, one line of a table each."""

import math
from typing import Any

import numpy as np
import pytest

from tests.scoring.documents import score

REGRESSION = (
    "<RegressionModel functionName='regression'><MiningSchema><MiningField name='x' {rule}/></MiningSchema>"
    "<Output><OutputField name='same' feature='transformedValue' dataType='{kind}'><FieldRef field='x'/></OutputField>"
    "</Output><RegressionTable intercept='0'/></RegressionModel>"
)


def treated(field: str, rule: str, value: Any, kind: str = "double", derived: str = "") -> Any:
    """What a model sees of a value: the field itself as an output, or the reason why the row is not scored."""
    text = (
        "<PMML xmlns='http://www.dmg.org/PMML-4_4' version='4.4'><Header/><DataDictionary>"
        f"<DataField name='x' {field}</DataField></DataDictionary>{derived}{REGRESSION.format(rule=rule, kind=kind)}</PMML>"
    )
    scores = score(text, x=[value])
    if scores.problems is not None and scores.problems[0] is not None:
        return scores.problems[0]
    found = scores["same"].tolist()[0]
    return None if found is None or (isinstance(found, float) and math.isnan(found)) else found


PLAIN = "optype='continuous' dataType='double'>"
RANGE = PLAIN + "<Interval closure='closedOpen' leftMargin='0' rightMargin='10'/>"
CODES = "optype='categorical' dataType='integer'><Value value='1'/><Value value='2'/>"
MARKED = PLAIN + "<Value value='-1' property='missing'/><Value value='-2' property='invalid'/>"
WORDS = "optype='categorical' dataType='string'><Value value='a'/><Value value='b'/>"
MARKED_WORDS = WORDS + "<Value value='?' property='missing'/>"

NUMBERS = [
    # field, rule, given, seen
    (PLAIN, "", 2.5, 2.5),
    (PLAIN, "", "2.5", 2.5),
    (PLAIN, "", "TRUE", 1.0),
    (PLAIN, "", "false", 0.0),
    (CODES, "", "true", 1.0),
    (CODES, "", "false", "x: 0 is not among its values (1, 2)"),
    (PLAIN, "", None, None),
    (PLAIN, "", "", None),
    (PLAIN, "", "abc", "x: 'abc' is not a number"),
    (PLAIN, "invalidValueTreatment='asIs'", "abc", "x: 'abc' is not a number"),
    (PLAIN, "invalidValueTreatment='asMissing'", "abc", None),
    (PLAIN, "invalidValueTreatment='asMissing' missingValueReplacement='7'", "abc", 7.0),
    (PLAIN, "missingValueReplacement='7'", None, 7.0),
    (PLAIN, "missingValueReplacement='7' missingValueTreatment='asMean'", None, 7.0),
    (PLAIN, "missingValueTreatment='returnInvalid'", None, "x: missing, which the model does not accept"),
    (PLAIN, "missingValueTreatment='x-returnInvalid'", None, "x: missing, which the model does not accept"),
    (RANGE, "invalidValueTreatment='asIs' x-invalidValueReplacement='7'", 11.0, 7.0),
    (RANGE, "invalidValueTreatment='asMissing' x-invalidValueReplacement='7'", 11.0, None),
    (PLAIN + "<Interval closure='closedOpen' leftMargin='0' rightMargin='INF'/>", "", 1e300, 1e300),
    (PLAIN + "<Interval closure='openClosed' leftMargin='-Infinity' rightMargin='0'/>", "", -1e300, -1e300),
    (PLAIN + "<Interval closure='openClosed' leftMargin='-INF' rightMargin='0'/>", "", 1.0, "x: 1 is outside its range (-inf to 0)"),
    (PLAIN, "outliers='asExtremeValues' lowValue='0' highValue='INF'", 1e300, 1e300),
    (PLAIN, "outliers='asExtremeValues' lowValue='0' highValue='INF'", -1.0, 0.0),
    (RANGE, "", 0.0, 0.0),
    (RANGE, "", 9.999, 9.999),
    (RANGE, "", 10.0, "x: 10 is outside its range (0 to 10)"),
    (RANGE, "", -0.5, "x: -0.5 is outside its range (0 to 10)"),
    (RANGE, "invalidValueTreatment='asIs'", 11.0, 11.0),
    (RANGE, "invalidValueTreatment='asMissing'", 11.0, None),
    (RANGE, "invalidValueTreatment='asMissing' missingValueReplacement='3'", 11.0, 3.0),
    (RANGE, "invalidValueTreatment='asValue' invalidValueReplacement='4'", 11.0, 4.0),
    (RANGE, "missingValueReplacement='99'", None, 99.0),
    (MARKED, "", -1.0, None),
    (MARKED, "missingValueReplacement='5'", -1.0, 5.0),
    (MARKED, "", -2.0, "x: -2 is no valid double"),
    (MARKED, "", -3.0, -3.0),
    (PLAIN + "<Value value='N/A' property='missing'/>", "", "N/A", None),
    (PLAIN + "<Value value='N/A' property='missing'/>", "", "NA", "x: 'NA' is not a number"),
    (CODES + "<Value value='?' property='missing'/>", "missingValueReplacement='2'", "?", 2.0),
    ("optype='categorical' dataType='boolean'><Value value='unknown' property='missing'/>", "", "unknown", None),
    ("optype='continuous'>", "", "9", 9.0),
    (PLAIN, "outliers='asExtremeValues' lowValue='0' highValue='5'", 9.0, 5.0),
    (PLAIN, "outliers='asExtremeValues' lowValue='0' highValue='5'", -9.0, 0.0),
    (PLAIN, "outliers='asMissingValues' lowValue='0' highValue='5'", 9.0, None),
    (PLAIN, "outliers='asMissingValues' lowValue='0' highValue='5' missingValueReplacement='1'", 9.0, 1.0),
    (PLAIN, "outliers='asMissingValues' lowValue='0' highValue='5'", 4.0, 4.0),
    (CODES, "", 1, 1.0),
    (CODES, "", "2.0", 2.0),
    (CODES, "", 3, "x: 3 is not among its values (1, 2)"),
    (CODES, "", 1.5, "x: 1.5 is not among its values (1, 2)"),
    (CODES, "invalidValueTreatment='asIs'", 3, 3.0),
    ("optype='continuous' dataType='integer'>", "", 2.5, "x: 2.5 is no valid integer"),
    ("optype='categorical' dataType='boolean'>", "", "true", 1.0),
    ("optype='categorical' dataType='boolean'>", "", False, 0.0),
    ("optype='categorical' dataType='boolean'>", "", "maybe", "x: 'maybe' is no valid boolean"),
    ("optype='categorical' dataType='boolean'>", "", 2, "x: 2 is no valid boolean"),
    ("optype='categorical' dataType='boolean'>", "invalidValueTreatment='asIs'", 2, "x: 2 is no valid boolean"),
    ("optype='categorical' dataType='boolean'>", "invalidValueTreatment='asMissing'", 2, None),
    ("optype='categorical' dataType='boolean'><Value value='true'/>", "invalidValueTreatment='asIs'", 0, 0.0),
]  # fmt: skip


@pytest.mark.parametrize(("field", "rule", "given", "seen"), NUMBERS)
def test_a_number_is_treated_as_the_standard_says(field: str, rule: str, given: Any, seen: Any) -> None:
    assert treated(field, rule, given) == seen


TEXTS = [
    (WORDS, "", "a", "a"),
    (WORDS, "", None, None),
    (WORDS, "", "c", "x: 'c' is not among its values (a, b)"),
    (WORDS, "invalidValueTreatment='asIs'", "c", "c"),
    (WORDS, "invalidValueTreatment='asMissing'", "c", None),
    (WORDS, "invalidValueTreatment='asMissing' missingValueReplacement='b'", "c", "b"),
    (WORDS, "invalidValueTreatment='asValue' invalidValueReplacement='a'", "c", "a"),
    (WORDS, "missingValueReplacement='b'", None, "b"),
    (WORDS, "missingValueTreatment='returnInvalid'", None, "x: missing, which the model does not accept"),
    (MARKED_WORDS, "", "?", None),
    (MARKED_WORDS, "missingValueReplacement='a'", "?", "a"),
    ("optype='categorical' dataType='string'>", "", "anything", "anything"),
    ("optype='categorical' dataType='string'>", "", 3.0, "3"),
    ("optype='categorical' dataType='string'><Value value='3.0'/>", "", 3, "3.0"),
    ("optype='categorical' dataType='string'><Value value='3.0'/><Value value='3'/>", "", 3.0, "3"),
    ("optype='categorical' dataType='string'><Value value='True'/>", "", True, "True"),
    (
        "optype='categorical' dataType='string'><Value value='0.2'/>",
        "",
        0.25,
        "x: '0.25' is not among its values (0.2)",
    ),
    ("optype='ordinal' dataType='date'>", "", "2024-02-30", "x: '2024-02-30' is no date"),
    ("optype='ordinal' dataType='date'>", "", "2024-02-29", "2024-02-29"),
]


@pytest.mark.parametrize(("field", "rule", "given", "seen"), TEXTS)
def test_a_word_is_treated_as_the_standard_says(field: str, rule: str, given: Any, seen: Any) -> None:
    assert treated(field, rule, given, kind="string") == seen


# what stands in for a missing value need be neither valid nor within the limits of outliers: it is treated once
REPLACED = [
    (RANGE, "missingValueReplacement='-999'", None, -999.0),
    (
        PLAIN,
        "missingValueReplacement='-999' outliers='asExtremeValues' lowValue='0' highValue='5'",
        None,
        -999.0,
    ),
    (CODES, "missingValueReplacement='9'", None, 9.0),
]


@pytest.mark.parametrize(("field", "rule", "given", "seen"), REPLACED)
@pytest.mark.parametrize("derived", ["", "<TransformationDictionary/>"])
def test_a_replaced_value_is_not_treated_again(
    derived: str, field: str, rule: str, given: Any, seen: Any
) -> None:
    assert treated(field, rule, given, derived=derived) == seen


@pytest.mark.parametrize(
    ("field", "values", "valid"),
    [
        (RANGE, [5.0, 11.0, None], [True, False, False]),
        (MARKED, [5.0, -2.0, -1.0], [True, False, False]),
        (WORDS + "<Value value='n' property='invalid'/>", ["a", "c", "n", None], [True, False, False, False]),
    ],
)
@pytest.mark.parametrize("function", ["isValid", "isNotValid"])
def test_a_value_that_is_kept_though_invalid_is_not_valid(
    function: str, field: str, values: list[Any], valid: list[bool]
) -> None:
    model = REGRESSION.format(rule="invalidValueTreatment='asIs'", kind="boolean")
    text = (
        f"<PMML xmlns='http://www.dmg.org/PMML-4_4' version='4.4'><Header/><DataDictionary><DataField name='x' {field}"
        f"</DataField></DataDictionary>{model}</PMML>"
    )
    text = text.replace(
        "<FieldRef field='x'/>", f"<Apply function='{function}'><FieldRef field='x'/></Apply>"
    )
    expected = valid if function == "isValid" else [not one for one in valid]
    assert score(text, x=values)["same"].tolist() == expected


def test_a_segment_keeps_what_the_model_around_it_let_through() -> None:
    segment = REGRESSION.format(rule="missingValueReplacement='-1'", kind="double")
    text = (
        f"<PMML xmlns='http://www.dmg.org/PMML-4_4' version='4.4'><Header/><DataDictionary><DataField name='x' {RANGE}"
        "</DataField></DataDictionary><MiningModel functionName='regression'><MiningSchema><MiningField name='x'"
        " missingValueReplacement='-1'/></MiningSchema><Segmentation multipleModelMethod='modelChain'><Segment><True/>"
        f"{segment}</Segment></Segmentation></MiningModel></PMML>"
    )
    assert score(text, x=[None, 3.0])["same"].tolist() == [-1.0, 3.0]


@pytest.mark.parametrize(
    ("closure", "valid"),
    [
        ("openOpen", [0, 0, 1, 0]),
        ("closedOpen", [1, 1, 1, 0]),
        ("openClosed", [0, 0, 1, 1]),
        ("closedClosed", [1, 1, 1, 1]),
    ],
)
def test_margins_of_single_precision_are_in_the_interval_where_it_is_closed(
    closure: str, valid: list[int]
) -> None:
    field = f"optype='continuous' dataType='float'><Interval closure='{closure}' leftMargin='0.1' rightMargin='2'/>"
    found = [treated(field, "invalidValueTreatment='asMissing'", x) for x in (0.1, "0.1", 0.11, 2.0)]
    assert [int(value is not None) for value in found] == valid


COUNTS = [
    # the days or seconds from the first of January of a year; the results are JPMML's, but for the year 0
    ("dateDaysSince[1960]", "2010-02-18", 18311.0),
    ("dateDaysSince[1970]", "1960-01-01", -3653.0),
    ("dateDaysSince[1980]", "2010-02-18", 11006.0),
    ("dateDaysSince[0]", "0001-01-01", 366.0),
    ("x-dateDaysSince[2020]", "2020-02-01", 31.0),
    ("dateDaysSince[1970]", 7, 7.0),
    ("dateDaysSince[1970]", np.datetime64("1970-01-08T00:00"), 7.0),
    ("dateDaysSince[1970]", "2010-02-18T01:02:03", "x: '2010-02-18T01:02:03' is not a number"),
    ("dateDaysSince[1970]", "soon", "x: 'soon' is not a number"),
    ("dateTimeSecondsSince[1970]", "2010-02-18T01:02:03", 1266454923.0),
    ("dateTimeSecondsSince[1960]", "1960-01-02 00:00:01", 86401.0),
    ("timeSeconds", "01:02:03", 3723.0),
    ("timeSeconds", "25:00:00", 90000.0),
    ("timeSeconds", "25:61:00", "x: '25:61:00' is not a number"),
]


@pytest.mark.parametrize(("kind", "given", "seen"), COUNTS)
def test_a_field_that_counts_days_or_seconds_takes_dates(kind: str, given: Any, seen: Any) -> None:
    assert treated(f"optype='continuous' dataType='{kind}'>", "", given) == seen


def test_single_precision_fields_are_rounded() -> None:
    assert treated("optype='continuous' dataType='float'>", "", 0.1) == pytest.approx(
        0.10000000149011612, abs=0
    )
