"""Segmentations: every way of joining, worked out by hand; a grove of trees against the trees one by one."""

import numpy as np
import pytest

from liftstream.contracts.errors import ModelRefused, ModelUnsupported
from liftstream.scoring.families.mining.combination import Combination
from liftstream.scoring.families.mining.mining import Grove, Parallel
from tests.scoring.documents import NUMBER, document, schema, score

LINES = ((1, 2.0), (2, 1.0), (5, 1.0))
"""Slope and weight of three segments: y = slope * x."""


def lines(method: str, attributes: str = "", predicates: tuple[str, ...] = ("<True/>",) * 3) -> str:
    segments = "".join(
        f"<Segment id='s{i}' weight='{weight}'>{predicate}<RegressionModel functionName='regression'>{schema('t', 'x', 'w')}"
        f"<RegressionTable intercept='0'><NumericPredictor name='{'w' if i == 2 else 'x'}' coefficient='{slope}'/>"
        "</RegressionTable></RegressionModel></Segment>"
        for i, ((slope, weight), predicate) in enumerate(zip(LINES, predicates, strict=True))
    )
    return document(
        f"<MiningModel functionName='regression'>{schema('t', 'x', 'w')}"
        f"<Segmentation multipleModelMethod='{method}' {attributes}>{segments}</Segmentation></MiningModel>",
        t=NUMBER, x=NUMBER, w=NUMBER,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("sum", 80.0), ("average", 80 / 3), ("weightedAverage", 90 / 4), ("median", 20.0), ("max", 50.0),
        ("weightedSum", 90.0), ("x-weightedSum", 90.0), ("x-weightedMedian", 10.0),
    ],
)  # fmt: skip
def test_numbers_are_joined(method: str, expected: float) -> None:
    assert score(lines(method), x=[10.0], w=[10.0])["t"].tolist() == [pytest.approx(expected)]


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("", None),
        ("missingPredictionTreatment='returnMissing'", None),
        ("missingPredictionTreatment='skipSegment'", 15.0),
        ("missingPredictionTreatment='skipSegment' missingThreshold='0.3'", None),
        ("x-missingPredictionTreatment='skipSegment'", 15.0),
        ("x-missingPredictionTreatment='skipSegment' x-missingThreshold='0.3'", None),
    ],
)
def test_a_segment_without_a_prediction_is_dealt_with(attributes: str, expected: float | None) -> None:
    found = score(lines("average", attributes), x=[10.0], w=[None])["t"][0]
    assert np.isnan(found) if expected is None else found == expected


@pytest.mark.parametrize("method", ["average", "median", "max", "x-weightedMedian"])
def test_a_row_without_any_prediction_has_none_and_says_nothing_on_the_console(method: str) -> None:
    text = lines(method, "missingPredictionTreatment='skipSegment'")
    assert np.isnan(score(text, x=[None, 10.0], w=[None, 10.0])["t"]).tolist() == [True, False]


def above(limit: float) -> str:
    return f"<SimplePredicate field='x' operator='greaterThan' value='{limit}'/>"


def test_a_segment_counts_only_where_its_predicate_holds() -> None:
    text = lines("sum", predicates=("<True/>", above(5), "<False/>"))
    assert score(text, x=[1.0, 10.0], w=[1.0, 1.0])["t"].tolist() == [1.0, 30.0]


def test_the_first_segment_that_holds_is_selected() -> None:
    text = lines("selectFirst", predicates=(above(20), above(5), "<True/>"))
    assert score(text, x=[30.0, 10.0, 1.0], w=[7.0, 7.0, 7.0])["t"].tolist() == [30.0, 20.0, 35.0]


def test_the_likeliest_class_stands_in_within_segments_too() -> None:
    """Where a segment's field is missing its priors answer; JPMML gives the same labels."""
    model = (
        f"<RegressionModel functionName='classification' normalizationMethod='logit'>{schema('y', 'a')}<Targets>"
        "<Target field='y'><TargetValue value='yes' priorProbability='0.7'/><TargetValue value='no' priorProbability='0.3'/>"
        "</Target></Targets><RegressionTable targetCategory='yes' intercept='0'><NumericPredictor name='a' coefficient='{}'/>"
        "</RegressionTable><RegressionTable targetCategory='no' intercept='0'/></RegressionModel>"
    )
    segments = "".join(
        f"<Segment><SimplePredicate field='x' operator='{operator}' value='0'/>{model.format(slope)}</Segment>"
        for operator, slope in (("lessThan", 1), ("greaterOrEqual", -1))
    )
    text = (
        f"<MiningModel functionName='classification'>{schema('y', 'a', 'x')}"
        f"<Segmentation multipleModelMethod='selectFirst'>{segments}</Segmentation></MiningModel>"
    )
    scores = score(
        document(text, x=NUMBER, a=NUMBER, y="yes|no"),
        x=[-1, -1, -1, 1, 1, 1],
        a=[3.0, -3.0, np.nan, 3.0, -3.0, np.nan],
    )
    assert scores["y"].tolist() == ["yes", "no", "yes", "no", "yes", "yes"]
    assert scores["probability(yes)"][[2, 5]] == pytest.approx(0.7)


def stump(field: str, below: str, over: str, share: float) -> str:
    def node(score_of: str, predicate: str) -> str:
        other = {"a": "b", "b": "a"}[score_of]
        return (
            f"<Node score='{score_of}'>{predicate}<ScoreDistribution value='{score_of}' recordCount='{share}'/>"
            f"<ScoreDistribution value='{other}' recordCount='{1 - share}'/></Node>"
        )

    test = f"<SimplePredicate field='{field}' operator='lessOrEqual' value='0'/>"
    inverse = f"<SimplePredicate field='{field}' operator='greaterThan' value='0'/>"
    return (
        f"<TreeModel functionName='classification'>{schema('t', 'x', 'w')}"
        f"<Node><True/>{node(below, test)}{node(over, inverse)}</Node></TreeModel>"
    )


STUMPS = (stump("x", "a", "b", 0.9), stump("w", "a", "b", 0.6), stump("w", "a", "b", 0.7))


def forest(method: str, extra: str = "", weights: tuple[float, ...] = (1, 1, 1)) -> str:
    segments = "".join(
        f"<Segment id='{i}' weight='{w}'><True/>{tree}</Segment>"
        for i, (tree, w) in enumerate(zip(STUMPS, weights, strict=True))
    )
    return document(
        f"<MiningModel functionName='classification'>{schema('t', 'x', 'w')}{extra}"
        f"<Segmentation multipleModelMethod='{method}' missingPredictionTreatment='skipSegment'>{segments}</Segmentation>"
        "</MiningModel>",
        t="a|b", x=NUMBER, w=NUMBER,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("method", "weights", "share"),
    [
        ("majorityVote", (1, 1, 1), 1 / 3),
        ("weightedMajorityVote", (3, 1, 1), 3 / 5),
        ("average", (1, 1, 1), (0.9 + 0.4 + 0.3) / 3),
        ("weightedAverage", (3, 1, 1), (3 * 0.9 + 0.4 + 0.3) / 5),
        ("weightedSum", (3, 1, 1), (3 * 0.9 + 0.4 + 0.3) / 5),
        ("x-weightedSum", (3, 1, 1), (3 * 0.9 + 0.4 + 0.3) / 5),
        ("max", (1, 1, 1), 0.9),
        ("median", (1, 1, 1), 0.4),
    ],
)
def test_classes_are_joined(method: str, weights: tuple[float, ...], share: float) -> None:
    scores = score(forest(method, weights=weights), x=[-1.0], w=[1.0])
    assert scores["probability(a)"].tolist() == [pytest.approx(share)]
    assert scores["t"].tolist() == ["a" if share > 0.5 else "b"]


@pytest.mark.parametrize(
    ("method", "first", "second", "expected"),
    [
        # the leading class, and the shares of those that have its greatest share, or are nearest to its median
        ("max", (0.6, 0.4, 0.0), (0.6, 0.1, 0.3), (0.6, 0.25, 0.15)),
        ("max", (0.5, 0.4, 0.1), (0.1, 0.6, 0.3), (0.1, 0.6, 0.3)),
        ("median", (0.7, 0.2, 0.1), (0.3, 0.3, 0.4), (0.5, 0.25, 0.25)),
    ],
)
def test_segments_that_stand_for_all_give_their_shares_on_average(
    method: str, first: tuple[float, ...], second: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    """The classes' medians and maxima alone come from several models, and are no shares of one whole."""
    segments = "".join(
        f"<Segment><True/><TreeModel functionName='classification'>{schema('t', 'x')}<Node score='a'><True/>"
        + "".join(
            f"<ScoreDistribution value='{name}' recordCount='{share}'/>"
            for name, share in zip("abc", shares, strict=True)
        )
        + "</Node></TreeModel></Segment>"
        for shares in (first, second)
    )
    text = document(
        f"<MiningModel functionName='classification'>{schema('t', 'x')}"
        f"<Segmentation multipleModelMethod='{method}'>{segments}</Segmentation></MiningModel>",
        t="a|b|c",
        x=NUMBER,
    )
    scores = score(text, x=[1.0])
    assert [scores[f"probability({name})"][0] for name in "abc"] == pytest.approx(expected)


def test_a_grove_joins_as_its_trees_one_by_one() -> None:
    by_segment = (
        "<Output><OutputField name='first' feature='probability' value='a' segmentId='0'"
        " dataType='double'/></Output>"
    )
    random = np.random.default_rng(1)
    columns = {name: np.where(random.random(50) < 0.2, np.nan, random.normal(size=50)) for name in "xw"}
    for method in ("majorityVote", "average", "max", "median"):
        together, alone = score(forest(method), **columns), score(forest(method, by_segment), **columns)
        assert together["t"].tolist() == alone["t"].tolist()
        assert np.array_equal(together["probability(a)"], alone["probability(a)"], equal_nan=True)
    assert issubclass(Grove, Parallel)
    assert np.nanmax(np.abs(alone["first"] - np.where(columns["x"] <= 0, 0.9, 0.1))) < 1e-12


def test_a_chain_hands_outputs_on() -> None:
    first = (
        f"<Segment id='1'><True/><RegressionModel functionName='regression'>{schema(None, 'x')}<Output>"
        "<OutputField name='half' feature='predictedValue' dataType='double' isFinalResult='false'/></Output>"
        "<RegressionTable intercept='0'><NumericPredictor name='x' coefficient='0.5'/></RegressionTable>"
        "</RegressionModel></Segment>"
    )
    second = (
        f"<Segment id='2'><True/><RegressionModel functionName='regression'>{schema('t', 'half')}"
        "<RegressionTable intercept='1'><NumericPredictor name='half' coefficient='10'/></RegressionTable>"
        "</RegressionModel></Segment>"
    )
    text = document(
        f"<MiningModel functionName='regression'>{schema('t', 'x')}<Segmentation multipleModelMethod='modelChain'>"
        f"{first}{second}</Segmentation></MiningModel>",
        t=NUMBER, x=NUMBER,
    )  # fmt: skip
    scores = score(text, x=[4.0, None])
    assert scores["t"].tolist() == [21.0, pytest.approx(np.nan, nan_ok=True)]
    assert "half" not in scores


def test_what_cannot_be_joined_is_refused_by_name() -> None:
    for method, why in (
        ("selectAll", "has multipleModelMethod='selectAll'"),
        ("majorityVote", "joins segments of a regression"),
    ):
        with pytest.raises(ModelUnsupported, match=why):
            score(lines(method), x=[1.0])


def regression_of(target: str | None, field: str, output: str = "") -> str:
    return (
        f"<RegressionModel functionName='regression'>{schema(target, field)}{output}<RegressionTable intercept='0'>"
        f"<NumericPredictor name='{field}' coefficient='1'/></RegressionTable></RegressionModel>"
    )


def chain(method: str, output: str, *segments: str) -> str:
    return document(
        f"<MiningModel functionName='regression'>{schema('t', 'x', 'w').replace('<MiningField', second(method), 1)}{output}"
        f"<Segmentation multipleModelMethod='{method}'>{''.join(f'<Segment>{s}</Segment>' for s in segments)}"
        "</Segmentation></MiningModel>",
        t=NUMBER, u=NUMBER, x=NUMBER, w=NUMBER,
    )  # fmt: skip


def second(method: str) -> str:
    return (
        "<MiningField name='u' usageType='target'/><MiningField"
        if method.startswith("x-")
        else "<MiningField"
    )


def test_a_chain_gives_nothing_where_the_model_of_its_target_does_not_hold() -> None:
    published = "<Output><OutputField name='o' optype='continuous' dataType='double'/></Output>"
    text = chain(
        "modelChain",
        "",
        "<True/>" + regression_of(None, "x", published),
        "<SimplePredicate field='o' operator='lessThan' value='0'/>" + regression_of("t", "w"),
    )
    scores = score(text, x=[-1.0, 1.0], w=[5.0, 6.0])
    assert np.array_equal(scores["t"], [5.0, np.nan], equal_nan=True)
    assert scores["o"].tolist() == [-1.0, 1.0]


def test_an_output_takes_the_target_that_it_names() -> None:
    named = "".join(
        f"<OutputField name='of_{name}' targetField='{name}' dataType='double'/>" for name in "tu"
    )
    segments = ("<True/>" + regression_of("t", "x"), "<True/>" + regression_of("u", "w"))
    scores = score(chain("x-multiModelChain", f"<Output>{named}</Output>", *segments), x=[1.0], w=[2.0])
    assert [scores[name].tolist() for name in ("t", "u", "of_t", "of_u")] == [[1.0], [2.0], [1.0], [2.0]]
    with pytest.raises(ModelUnsupported, match="targetField='u'; the model's target is 't'"):
        score(chain("modelChain", f"<Output>{named}</Output>", *segments[:1]), x=[1.0], w=[2.0])


def doubled(name: str, factor: int, target: str | None = None) -> str:
    """A segment whose prediction is x, and whose output `name` is it times `factor`."""
    output = (
        f"<Output><OutputField name='p{factor}' feature='predictedValue' dataType='double' isFinalResult='false'/>"
        f"<OutputField name='{name}' feature='transformedValue' dataType='double' optype='continuous' isFinalResult='false'>"
        f"<Apply function='*'><FieldRef field='p{factor}'/><Constant>{factor}</Constant></Apply></OutputField></Output>"
    )
    return regression_of(target, "x", output)


def asked(method: str, output: str, predicate: str = "<True/>") -> str:
    segments = f"<Segment id='a'>{predicate}{doubled('o', 2)}</Segment><Segment id='b'><True/>{doubled('o', 3, 't')}</Segment>"
    return document(
        f"<MiningModel functionName='regression'>{schema('t', 'x')}<Output>{output}</Output>"
        f"<Segmentation multipleModelMethod='{method}'>{segments}</Segmentation></MiningModel>",
        t=NUMBER, x=NUMBER,
    )  # fmt: skip


def transformed(name: str, attributes: str, inside: str = "") -> str:
    return f"<OutputField name='{name}' dataType='double' feature='transformedValue' {attributes}>{inside}</OutputField>"


@pytest.mark.parametrize("method", ["modelChain", "average"])
def test_an_output_is_that_of_the_segment_it_names(method: str) -> None:
    text = asked(
        method,
        transformed("first", "segmentId='a' value='o'")
        + transformed("second", "segmentId='b'", "<FieldRef field='o'/>")
        + transformed("first again", "segmentId='a'", "<FieldRef field='o'/>")
        + transformed("none", "segmentId='c' value='o'"),
        predicate=above(5),
    )
    scores = score(text, x=[10.0, 1.0])
    assert scores["first"].tolist() == [20.0, pytest.approx(np.nan, nan_ok=True)]
    assert scores["second"].tolist() == [30.0, 3.0]
    assert scores["first again"].tolist() == [20.0, pytest.approx(np.nan, nan_ok=True)]
    assert np.isnan(scores["none"]).all()


def test_an_output_that_the_segment_does_not_have_is_refused() -> None:
    with pytest.raises(ModelRefused, match="has value='q'; outputs of the segment: o, p2"):
        score(asked("modelChain", transformed("first", "segmentId='a' value='q'")), x=[1.0])
    with pytest.raises(ModelRefused, match="needs the attribute value"):
        score(asked("modelChain", transformed("first", "segmentId='a'")), x=[1.0])


def test_the_selected_segment_is_named_and_gives_its_outputs() -> None:
    text = asked(
        "selectFirst",
        "<OutputField name='which' feature='entityId'/>"
        "<OutputField name='of a' feature='predictedValue' dataType='double' segmentId='a'/>"
        + transformed("o of b", "segmentId='b' value='o'"),
        predicate=above(5),
    )
    scores = score(text, x=[10.0, 1.0])
    assert scores["which"].tolist() == ["a", "b"]
    assert scores["of a"].tolist() == [10.0, pytest.approx(np.nan, nan_ok=True)]
    assert scores["o of b"].tolist() == [pytest.approx(np.nan, nan_ok=True), 3.0]


def test_an_output_has_the_type_of_its_segments_prediction() -> None:
    tree = (
        f"<Segment id='1'><True/><TreeModel functionName='classification'>{schema('c', 'x')}<Node><True/>"
        f"<Node score='high'>{above(5)}</Node><Node score='low'><True/></Node></Node></TreeModel></Segment>"
    )
    text = document(
        f"<MiningModel functionName='regression'>{schema('c', 'x').replace('</MiningSchema>', '')}"
        "<MiningField name='t' usageType='target'/></MiningSchema><Output>"
        "<OutputField name='class' feature='predictedValue' segmentId='1'/></Output>"
        f"<Segmentation multipleModelMethod='modelChain'>{tree}<Segment id='2'><True/>{regression_of('t', 'x')}"
        "</Segment></Segmentation></MiningModel>",
        t=NUMBER, x=NUMBER, c="optype='categorical' dataType='string'",
    )  # fmt: skip
    scores = score(text, x=[10.0, 1.0])
    assert scores["class"].tolist() == ["high", "low"]
    assert scores["t"].tolist() == [10.0, 1.0]
    assert "c" not in scores


def published(slope: int, predicate: str) -> str:
    """A segment that publishes what it predicts as `found`."""
    return (
        f"<Segment id='s{slope}'>{predicate}<RegressionModel functionName='regression'>{schema('t', 'x')}"
        "<Output><OutputField name='found' dataType='double' feature='predictedValue'/></Output>"
        f"<RegressionTable intercept='0'><NumericPredictor name='x' coefficient='{slope}'/></RegressionTable>"
        "</RegressionModel></Segment>"
    )


CHOICE = (
    f"<MiningModel functionName='regression'>{schema('t', 'x')}<Segmentation multipleModelMethod='selectFirst'>"
    f"{published(2, above(10))}{published(3, above(5))}</Segmentation></MiningModel>"
)


def test_an_output_that_every_choice_has_comes_from_the_one_that_is_taken() -> None:
    found = score(document(CHOICE, t=NUMBER, x=NUMBER), x=[20.0, 7.0, 1.0])
    assert found["found"].tolist() == pytest.approx([40.0, 21.0, np.nan], nan_ok=True)


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [
        ("", [41.0, 22.0, np.nan]),
        ("outliers='asExtremeValues' lowValue='0' highValue='30'", [31.0, 22.0, np.nan]),
        ("missingValueReplacement='7'", [41.0, 22.0, 8.0]),
    ],
)
def test_a_segment_treats_what_an_earlier_one_made(treatment: str, expected: list[float]) -> None:
    then = schema("t", "found").replace("'found'", f"'found' {treatment}")
    chain = (
        f"<MiningModel functionName='regression'>{schema('t', 'x')}<Segmentation multipleModelMethod='modelChain'>"
        f"<Segment id='a'><True/>{CHOICE}</Segment><Segment id='b'><True/><RegressionModel functionName='regression'>"
        f"{then}<RegressionTable intercept='1'><NumericPredictor name='found' coefficient='1'/>"
        "</RegressionTable></RegressionModel></Segment></Segmentation></MiningModel>"
    )
    found = score(document(chain, t=NUMBER, x=NUMBER), x=[20.0, 7.0, 1.0])
    assert found["t"].tolist() == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("method", ["modelChain", "selectFirst", "x-multiModelChain"])
def test_a_row_has_the_target_of_the_segment_that_is_for_it(method: str) -> None:
    """Two targets, a segment for each: as JPMML gives them; every target has its column in every batch."""
    tree = "<TreeModel functionName='classification'>{}<Node score='{}'><True/></Node></TreeModel>"
    segments = "".join(
        f"<Segment><SimplePredicate field='x' operator='{operator}' value='0'/>{tree.format(schema(name), name)}</Segment>"
        for name, operator in (("a", "lessThan"), ("b", "greaterOrEqual"))
    )
    text = document(
        f"<MiningModel functionName='classification'>{schema('u', 'x').replace('<MiningField', TARGET_T, 1)}"
        "<Output><OutputField name='either' feature='predictedValue' optype='categorical' dataType='string'/></Output>"
        f"<Segmentation multipleModelMethod='{method}'>{segments}</Segmentation></MiningModel>".replace(
            "MiningField name='a'", "MiningField name='t'"
        ).replace("MiningField name='b'", "MiningField name='u'"),
        t="a", u="b", x=NUMBER,
    )  # fmt: skip
    scores = score(text, x=[-1.0, 1.0, None])
    assert [scores[name].tolist() for name in ("t", "u", "either")] == [
        ["a", None, None],
        [None, "b", None],
        ["a", "b", None],
    ]
    assert {"t", "u"} <= set(score(text, x=[1.0]))


TARGET_T = "<MiningField name='t' usageType='target'/><MiningField"


def test_a_selection_among_numbers_and_classes_is_refused() -> None:
    other = "<Segment><True/><TreeModel functionName='classification'><MiningSchema/><Node score='a'><True/></Node></TreeModel>"
    text = asked("selectFirst", transformed("o", "", "<Constant>1</Constant>")).replace(
        "</Segmentation>", f"{other}</Segment></Segmentation>"
    )
    with pytest.raises(
        ModelUnsupported, match="selects among segments that differ: regression, classification"
    ):
        score(text, x=[1.0])


@pytest.mark.parametrize("rows", [1, 2, 7])
@pytest.mark.parametrize("gap", [False, True])
@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_trees_are_added_in_their_order_however_many_rows_there_are(
    rows: int, gap: bool, kind: type[np.floating]
) -> None:
    """To the last digit, as boosting libraries add them: a row alone has the score that it has among others."""
    values = np.random.default_rng(3).normal(size=(999, rows)).astype(kind).astype(np.float64)
    weights, single = np.ones(999), kind is np.float32
    if gap:
        values[5] = np.nan
    join = Combination("sum", "skipSegment", 1.0)
    complete = join.join_complete(values, weights, single)
    known = (~np.isnan(values)).astype(np.float64)
    found = join.join_numbers(values, known, np.zeros(rows, dtype=bool), single)
    assert gap == (complete is None)
    assert complete is None or np.array_equal(complete, found)
    expected = np.zeros(rows, dtype=kind)
    for value in np.nan_to_num(values).astype(kind):
        expected = expected + value
    assert np.array_equal(found, expected.astype(np.float64))
