"""Trees: every strategy for missing values, and the arrays against a walk node by node."""

import xml.etree.ElementTree as ET
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liftstream.contracts.errors import ModelRefused
from testbed.examples import examples
from tests.scoring.documents import NUMBER, WORD, document, schema, score

GOLF = """
<Node id='1' score='go' recordCount='100' defaultChild='2'><True/>
 <ScoreDistribution value='go' recordCount='60' confidence='0.6'/><ScoreDistribution value='stay' recordCount='40' confidence='0.4'/>
 <Node id='2' score='go' recordCount='50' defaultChild='4'><SimplePredicate field='x' operator='lessThan' value='5'/>
  <ScoreDistribution value='go' recordCount='40' confidence='0.8'/><ScoreDistribution value='stay' recordCount='10' confidence='0.2'/>
  <Node id='3' score='go' recordCount='40'><SimplePredicate field='y' operator='equal' value='a'/>
   <ScoreDistribution value='go' recordCount='36' confidence='0.9'/><ScoreDistribution value='stay' recordCount='4' confidence='0.1'/></Node>
  <Node id='4' score='stay' recordCount='10'><SimpleSetPredicate field='y' booleanOperator='isIn'><Array type='string'>b c</Array></SimpleSetPredicate>
   <ScoreDistribution value='go' recordCount='4' confidence='0.4'/><ScoreDistribution value='stay' recordCount='6' confidence='0.6'/></Node>
 </Node>
 <Node id='5' score='stay' recordCount='50'><SimplePredicate field='x' operator='greaterOrEqual' value='5'/>
  <ScoreDistribution value='go' recordCount='20' confidence='0.4'/><ScoreDistribution value='stay' recordCount='30' confidence='0.6'/></Node>
</Node>"""


def golf(attributes: str) -> str:
    output = "<Output><OutputField name='node' feature='entityId' dataType='string'/></Output>"
    tree = f"<TreeModel functionName='classification' {attributes}>{schema('t', 'x', 'y')}{output}{GOLF}</TreeModel>"
    return document(tree, t="go|stay", x=NUMBER, y="a|b|c|d")


WALKS = [
    # strategy, x, y, label, node, confidence
    ("", 1, "a", "go", "3", 0.9),
    ("", 1, "c", "stay", "4", 0.6),
    ("", 5, "a", "stay", "5", 0.6),
    ("", 1, "d", None, None, None),
    ("noTrueChildStrategy='returnLastPrediction'", 1, "d", "go", "2", 0.8),
    ("", None, "a", None, None, None),
    ("missingValueStrategy='none' noTrueChildStrategy='returnLastPrediction'", None, "a", "go", "1", 0.6),
    ("missingValueStrategy='lastPrediction'", None, "a", "go", "1", 0.6),
    ("missingValueStrategy='lastPrediction'", 1, None, "go", "2", 0.8),
    ("missingValueStrategy='nullPrediction'", 1, None, None, None, None),
    ("missingValueStrategy='nullPrediction'", 1, "a", "go", "3", 0.9),
    ("missingValueStrategy='defaultChild'", None, "a", "go", "3", 0.9),
    ("missingValueStrategy='defaultChild' missingValuePenalty='0.5'", None, "a", "go", "3", 0.45),
    ("missingValueStrategy='defaultChild' missingValuePenalty='0.5'", None, None, "stay", "4", 0.15),
    ("missingValueStrategy='aggregateNodes'", 1, None, "go", None, 40 / 50),
    ("missingValueStrategy='aggregateNodes'", None, None, "go", None, 60 / 100),
    ("missingValueStrategy='aggregateNodes'", None, "b", "stay", None, 36 / 60),
    ("missingValueStrategy='weightedConfidence'", 1, None, "go", None, 0.8 * 0.9 + 0.2 * 0.4),
    ("missingValueStrategy='weightedConfidence'", None, "a", "go", None, 0.5 * 0.9 + 0.5 * 0.4),
]  # fmt: skip


@pytest.mark.parametrize(("attributes", "x", "y", "label", "node", "confidence"), WALKS)
def test_a_row_ends_where_the_strategy_says(
    attributes: str,
    x: float | None,
    y: str | None,
    label: str | None,
    node: str | None,
    confidence: float | None,
) -> None:
    scores = score(golf(attributes), x=[x], y=[y])
    assert scores["t"].tolist() == [label]
    if node is not None:
        assert scores["node"].tolist() == [node]
    if confidence is not None:
        assert scores["confidence"][0] == pytest.approx(confidence)


@pytest.mark.parametrize("strategy", ["none", "aggregateNodes", "weightedConfidence"])
def test_a_row_with_one_path_gets_what_its_node_says(strategy: str) -> None:
    """Leaves are mixed where a predicate is unknown; elsewhere score and shares are the node's, whatever its counts are."""
    nodes = (
        "<Node id='1' score='a'><True/><Node id='2' score='b' recordCount='4'><SimplePredicate field='x'"
        " operator='lessThan' value='0'/><ScoreDistribution value='a' recordCount='3' confidence='0.6' probability='0.7'/>"
        "<ScoreDistribution value='b' recordCount='1' confidence='0.4' probability='0.3'/></Node></Node>"
    )
    text = document(
        f"<TreeModel functionName='classification' missingValueStrategy='{strategy}'>{schema('t', 'x')}<Output>"
        "<OutputField name='node' feature='entityId' dataType='string'/></Output>"
        f"{nodes}</TreeModel>",
        t="a|b",
        x=NUMBER,
    )
    scores = score(text, x=[-1.0])
    found = [scores[name][0] for name in ("t", "node", "probability(a)", "confidence")]
    assert found == ["b", "2", 0.7, 0.4]


@pytest.mark.parametrize("strategy", ["aggregateNodes", "weightedConfidence"])
def test_a_number_needs_no_counts_where_nothing_is_mixed(strategy: str) -> None:
    nodes = "<Node><True/><Node score='7'><SimplePredicate field='x' operator='lessThan' value='0'/></Node></Node>"
    text = document(
        f"<TreeModel functionName='regression' missingValueStrategy='{strategy}'>{schema('t', 'x')}{nodes}</TreeModel>",
        t=NUMBER,
        x=NUMBER,
    )
    assert score(text, x=[-1.0])["t"].tolist() == [7.0]


@pytest.mark.parametrize("strategy", ["lastPrediction", "defaultChild", "nullPrediction", "none"])
@pytest.mark.parametrize("distribution", ["", "<Partition name='p'/>"])
def test_nothing_is_reached_where_the_roots_predicate_is_unknown(strategy: str, distribution: str) -> None:
    """There is no last prediction yet, and no node whose default child could be taken."""
    test = "<SimplePredicate field='x' operator='{}' value='0'/>"
    nodes = (
        f"<Node id='1' score='1' defaultChild='2'>{test.format('greaterThan')}{distribution}<Node id='2' score='2'>"
        f"{test.format('lessThan')}</Node><Node id='3' score='3'>{test.format('greaterThan')}</Node></Node>"
    )
    text = document(
        f"<TreeModel functionName='regression' missingValueStrategy='{strategy}'>{schema('t', 'x')}{nodes}</TreeModel>",
        t=NUMBER,
        x=NUMBER,
    )
    found = score(text, x=[None, -1.0, 1.0])["t"]
    assert np.isnan(found[:2]).all()
    assert found[2] == 3.0


def test_a_score_that_is_no_value_of_the_target_is_refused_where_the_target_declares_some() -> None:
    text = golf("").replace("<Node id='3' score='go'", "<Node id='3' score='36.0'")
    with pytest.raises(
        ModelRefused, match=r"<Node> has score='36\.0', which is not among the target's values \(go, stay\)"
    ):
        score(text, x=[1.0], y=["a"])
    undeclared = text.replace("<Value value='go'/><Value value='stay'/>", "")
    assert score(undeclared, x=[1.0], y=["a"])["t"].tolist() == ["36.0"]


def test_a_row_without_a_prediction_says_what_is_missing() -> None:
    scores = score(golf(""), x=[None, 1.0], y=["a", "d"])
    assert scores.problems is not None
    assert scores.problems.tolist() == [
        "the model gives no prediction where x is missing",
        "the model gives no prediction for these values",
    ]


def test_a_row_without_a_prediction_says_which_value_is_not_declared_before_what_is_missing() -> None:
    text = golf("").replace("<MiningField name='y'/>", "<MiningField name='y' invalidValueTreatment='asIs'/>")
    assert "asIs" in text
    scores = score(text, x=[None, 1.0, None], y=["zebra", "zebra", "a"])
    assert scores.problems is not None
    assert scores.problems.tolist() == [
        "the model gives no prediction where y is no declared value",
        "the model gives no prediction where y is no declared value",
        "the model gives no prediction where x is missing",
    ]


def regression(nodes: str, **attributes: str) -> str:
    named = " ".join(f"{name.replace('_', '-')}='{value}'" for name, value in attributes.items())
    tree = f"<TreeModel functionName='regression' {named}>{schema('t', 'x', 'y')}{nodes}</TreeModel>"
    return document(tree, t=NUMBER, x=NUMBER, y=NUMBER)


def test_single_precision_decides_at_the_threshold() -> None:
    nodes = (
        "<Node><True/><Node score='1'><SimplePredicate field='x' operator='lessThan' value='0.1'/></Node>"
        "<Node score='2'><True/></Node></Node>"
    )
    just_below = 0.1 - 1e-12  # equal to 0.1 in single precision
    assert score(regression(nodes), x=[just_below])["t"].tolist() == [1.0]
    assert score(regression(nodes, x_mathContext="float"), x=[just_below])["t"].tolist() == [2.0]


@pytest.mark.parametrize(
    ("predicate", "holds"),
    [
        ("<SimplePredicate field='x' operator='equal' value='0.1'/>", 1.0),
        ("<SimplePredicate field='x' operator='notEqual' value='0.1'/>", 2.0),
        ("<SimpleSetPredicate field='x' booleanOperator='isIn'><Array type='real'>0.1 7</Array></SimpleSetPredicate>", 1.0),
        ("<CompoundPredicate booleanOperator='and'><SimplePredicate field='x' operator='lessThan' value='0.1'/><True/></CompoundPredicate>", 2.0),
        ("<CompoundPredicate booleanOperator='and'><SimplePredicate field='x' operator='greaterOrEqual' value='0.1'/><True/></CompoundPredicate>", 1.0),
    ],
)  # fmt: skip
def test_single_precision_rounds_both_sides_of_every_comparison(predicate: str, holds: float) -> None:
    nodes = f"<Node><True/><Node score='1'>{predicate}</Node><Node score='2'><True/></Node></Node>"
    assert score(regression(nodes, x_mathContext="float"), x=[0.1, 0.1 - 1e-12])["t"].tolist() == [
        holds,
        holds,
    ]


def test_entries_of_a_set_keep_their_quotation_marks_whether_they_are_quoted_or_not() -> None:
    """As JPMML writes them: in quotes where there are blanks, a mark behind a backslash everywhere."""
    words = ['5"', '12"x3"', '"', ' 7" and more', "it's", '"quoted words"']
    entries = ['5\\"', '12\\"x3\\"', '\\"', '" 7\\" and more"', "it's", '"\\"quoted words\\""']
    chosen = f"<Array type='string' n='{len(words)}'>{' '.join(entries)}</Array>"
    nodes = (
        f"<Node><True/><Node score='1'><SimpleSetPredicate field='c' booleanOperator='isIn'>{chosen}</SimpleSetPredicate></Node>"
        "<Node score='2'><True/></Node></Node>"
    )
    tree = f"<TreeModel functionName='regression'>{schema('t', 'c')}{nodes}</TreeModel>"
    found = score(document(tree, t=NUMBER, c=WORD), c=[*words, "5", '5\\"'])["t"].tolist()
    assert found == [1.0] * len(words) + [2.0, 2.0]


def test_a_regression_in_a_node_takes_the_place_of_its_score() -> None:
    nodes = (
        "<Node><True/><Node score='7'><SimplePredicate field='x' operator='lessThan' value='0'/>"
        "<Regression functionName='regression'><RegressionTable intercept='1'><NumericPredictor name='y' coefficient='2'/>"
        "</RegressionTable></Regression></Node><Node score='3'><True/></Node></Node>"
    )
    assert score(regression(nodes), x=[-1.0, -1.0, 1.0], y=[5.0, None, 5.0])["t"].tolist() == [11.0, 7.0, 3.0]


def line(intercept: float) -> str:
    return f"<Regression functionName='regression'><RegressionTable intercept='{intercept}'/></Regression>"


def split(root: str, cut: bool = False) -> str:
    """Two leaves as the converter writes them, or with the default one cut off; `root`: what the inner node holds."""
    low = f"<Node id='-1' score='1'><SimplePredicate field='x' operator='lessOrEqual' value='0'/>{line(10)}</Node>"
    high = f"<Node id='-2' score='2'><SimplePredicate field='x' operator='greaterThan' value='0'/>{line(20)}</Node>"
    named = "" if cut else "defaultChild='-2'"
    return f"<Node id='0' score='2' {named}><True/>{low}{'' if cut else high}{root}</Node>"


PLAIN = {"missingValueStrategy": "defaultChild"}
COMPACTED = {"noTrueChildStrategy": "returnLastPrediction"}


def boosting(*trees: str, name: str = "LightGBM") -> str:
    segments = "".join(f"<Segment><True/>{tree}</Segment>" for tree in trees)
    return document(
        f"<MiningModel functionName='regression' algorithmName='{name}'>{schema('t', 'x', 'y')}"
        f"<Segmentation multipleModelMethod='sum'>{segments}</Segmentation></MiningModel>",
        t=NUMBER,
        x=NUMBER,
        y=NUMBER,
    )


def tree_of(nodes: str, **attributes: str) -> str:
    named = " ".join(f"{name}='{value}'" for name, value in attributes.items())
    return f"<TreeModel functionName='regression' {named}>{schema(None, 'x', 'y')}{nodes}</TreeModel>"


def test_a_regression_above_other_nodes_is_not_asked_where_no_row_ends_there() -> None:
    whole = boosting(tree_of(split(line(99)), **PLAIN), tree_of(split(""), **PLAIN))
    assert score(whole, x=[-1.0, 1.0, None], y=[0.0, 0.0, 0.0])["t"].tolist() == [20.0, 40.0, 40.0]


@pytest.mark.parametrize(
    "text",
    [
        regression(split(line(99), cut=True), **COMPACTED),
        regression(split(line(99)), missingValueStrategy="lastPrediction"),
        boosting(tree_of(split(line(99), cut=True), **COMPACTED)),
        boosting(tree_of(split("", cut=True), **COMPACTED)),
        boosting(
            tree_of("<Node score='1'><True/></Node>", **COMPACTED), tree_of(split("", cut=True), **COMPACTED)
        ),
    ],
    ids=[
        "a regression of another leaf",
        "at a missing value",
        "in boosting",
        "none at all",
        "in another segment",
    ],
)
def test_linear_trees_that_lost_regressions_are_refused(text: str) -> None:
    with pytest.raises(ModelRefused, match=r"line \d+: .* convert again with compact=False"):
        score(text, x=[1.0], y=[0.0])


def test_a_score_above_leaves_with_regressions_is_kept_where_the_maker_is_not_known_to_lose_them() -> None:
    text = boosting(tree_of(split("", cut=True), **COMPACTED), name="")
    assert score(text, x=[-1.0, 1.0], y=[0.0, 0.0])["t"].tolist() == [10.0, 2.0]


OPERATORS = {
    "lessThan": lambda a, b: a < b,
    "lessOrEqual": lambda a, b: a <= b,
    "greaterThan": lambda a, b: a > b,
    "greaterOrEqual": lambda a, b: a >= b,
    "equal": lambda a, b: a == b,
    "notEqual": lambda a, b: a != b,
}


def grow(random: Random, depth: int, counter: list[int]) -> str:
    """A random tree over x and y with thresholds that rows hit exactly."""
    counter[0] += 1
    score_of = f"score='{counter[0]}'" if random.random() < 0.9 else ""
    predicate = "<True/>"
    if depth:
        field, operator = random.choice("xy"), random.choice(list(OPERATORS))
        predicate = f"<SimplePredicate field='{field}' operator='{operator}' value='{random.randint(0, 4)}'/>"
    children = random.randint(0, 3) if depth < 4 else 0
    ids = [f"{counter[0]}.{i}" for i in range(children)]
    default = f"defaultChild='{random.choice(ids)}'" if ids else ""
    inside = "".join(
        grow(random, depth + 1, counter).replace("<Node ", f"<Node id='{one}' ", 1) for one in ids
    )
    return f"<Node {score_of} {default}>{predicate}{inside}</Node>"


def walk(node: ET.Element, row: dict[str, float | None], strategy: str, last: bool) -> float | None:
    """The standard, word by word, one row and one node at a time."""
    children = node.findall("Node")
    if not children:
        return _score(node)
    for child in children:
        test = child.find("SimplePredicate")
        assert test is not None
        value = row[test.get("field", "")]
        if value is None:
            if strategy == "none":
                continue
            if strategy == "defaultChild":
                chosen = next(c for c in children if c.get("id") == node.get("defaultChild"))
                return walk(chosen, row, strategy, last)
            return _score(node) if strategy == "lastPrediction" else None
        if OPERATORS[test.get("operator", "")](value, float(test.get("value", ""))):
            return walk(child, row, strategy, last)
    return _score(node) if last else None


def _score(node: ET.Element) -> float | None:
    return None if node.get("score") is None else float(node.get("score", ""))


@examples(60)
@given(
    seed=st.integers(0, 10**9),
    strategy=st.sampled_from(["none", "defaultChild", "lastPrediction", "nullPrediction"]),
    last=st.booleans(),
)
def test_the_arrays_walk_as_the_nodes_do(seed: int, strategy: str, last: bool) -> None:
    random = Random(seed)
    nodes = grow(random, 0, [0])
    text = regression(
        nodes,
        missingValueStrategy=strategy,
        noTrueChildStrategy="returnLastPrediction" if last else "returnNullPrediction",
    )
    values = [None, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 3.5, 4.0, 5.0]
    rows = [{"x": random.choice(values), "y": random.choice(values)} for _ in range(40)]
    found = score(text, x=[r["x"] for r in rows], y=[r["y"] for r in rows])["t"]
    root = ET.fromstring(nodes)  # noqa: S314  # our own text
    expected = [walk(root, row, strategy, last) for row in rows]
    assert np.array_equal(found, np.array([np.nan if e is None else e for e in expected]), equal_nan=True)


@pytest.mark.parametrize("limit", ["0.5", "true"])
def test_a_boolean_is_split_as_one_and_zero(limit: str) -> None:
    nodes = (
        f"<Node score='no'><SimplePredicate field='b' operator='lessThan' value='{limit}'/></Node>"
        f"<Node score='yes'><SimplePredicate field='b' operator='greaterOrEqual' value='{limit}'/></Node>"
    )
    text = document(
        f"<TreeModel functionName='classification'>{schema('t', 'b')}<Node><True/>{nodes}</Node></TreeModel>",
        t="no|yes", b="optype='categorical' dataType='boolean'",
    )  # fmt: skip
    assert score(text, b=[True, False, None])["t"].tolist() == ["yes", "no", None]


@pytest.mark.parametrize("packed", ["", "<Partition name='p'/>"])
@pytest.mark.parametrize(
    ("values", "limit", "expected"),
    [("312", "1", [1.0, 0.0, 0.0]), ("123", "2", [0.0, 1.0, 0.0]), ("312", "2.5", [0.0, 1.0, 1.0])],
)
def test_ordinal_numbers_are_in_the_order_of_the_dictionary(
    values: str, limit: str, expected: list[float], packed: str
) -> None:
    """Where it lists the limit; otherwise only their size says how they stand to it."""
    listed = "".join(f"<Value value='{value}'/>" for value in values)
    nodes = (
        f"<Node score='0'><True/><Node score='1'><SimplePredicate field='x' operator='lessThan' value='{limit}'/>{packed}"
        "</Node><Node score='0'><True/></Node></Node>"
    )
    text = document(
        f"<TreeModel functionName='regression'>{schema('t', 'x')}{nodes}</TreeModel>",
        t=NUMBER,
        x="optype='ordinal' dataType='integer'>" + listed.removesuffix(">"),
    )
    assert score(text, x=[3, 1, 2])["t"].tolist() == expected


def test_a_boolean_is_not_equal_to_half() -> None:
    node = "<Node score='no'><SimplePredicate field='b' operator='equal' value='0.5'/></Node>"
    text = document(
        f"<TreeModel functionName='classification'>{schema('t', 'b')}<Node><True/>{node}</Node></TreeModel>",
        t="no|yes", b="optype='categorical' dataType='boolean'",
    )  # fmt: skip
    with pytest.raises(ModelRefused, match="'0.5' where a value of type boolean is needed"):
        score(text, b=[True])
