"""Trees read as arrays against the same trees read as elements: every result is the same, to the last bit."""

import json
from pathlib import Path
from random import Random

import numpy as np
import pytest

from liftstream.scoring import Scores
from liftstream.scoring.loading import load_content
from liftstream.scoring.summary import count_uses, describe_size
from liftstream.scoring.xml import gate
from liftstream.scoring.xml.element import TreeElement
from tests.scoring.case_files import read_columns
from tests.scoring.documents import NUMBER, document, schema

CASES = Path(__file__).parents[2] / "cases"
FORESTS = [
    case
    for case in json.loads((CASES / "index.json").read_text())["cases"]
    if "<TreeModel" in (CASES / case["model"]).read_text()
]


def both(
    content: bytes, monkeypatch: pytest.MonkeyPatch, columns: dict[str, object]
) -> tuple[Scores, Scores]:
    """The scores of the document as it is read, and with all nodes as elements."""
    packed = load_content(content, Path("m.pmml"))
    with monkeypatch.context() as patch:
        patch.setattr(gate._DocumentReader, "_packs", lambda self: False)
        plain = load_content(content, Path("m.pmml"))
    assert describe_size(packed) == describe_size(plain)
    assert sorted(count_uses(packed)) == sorted(count_uses(plain))
    return packed.score(columns), plain.score(columns)


def same(packed: Scores, plain: Scores) -> None:
    assert list(packed) == list(plain)
    for name in plain:
        np.testing.assert_array_equal(packed[name], plain[name])
    a, b = (None if one.problems is None else one.problems.tolist() for one in (packed, plain))
    assert a == b


def count_packed(content: bytes) -> int:
    root = load_content(content, Path("m.pmml")).document.root
    trees = [element for element in root.walk() if isinstance(element, TreeElement)]
    return sum(tree.packed is not None and tree.first("Node") is None for tree in trees)


@pytest.mark.parametrize("case", FORESTS, ids=[case["id"] for case in FORESTS])
def test_every_tree_of_the_collection_scores_the_same(
    case: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = {*case["missing"], ""}  # type: ignore[misc]
    columns = read_columns(CASES / str(case["input"]), missing)
    gaps = {
        name: [None if i % 7 == 0 else v for i, v in enumerate(values)] for name, values in columns.items()
    }
    content = (CASES / str(case["model"])).read_bytes()
    for rows in (columns, gaps):
        same(*both(content, monkeypatch, rows))


def test_forests_of_the_exporters_are_packed() -> None:
    known = {case["id"]: count_packed((CASES / case["model"]).read_bytes()) for case in FORESTS}
    assert sum(count > 0 for count in known.values()) > len(known) / 2


OPERATORS = ("lessThan", "lessOrEqual", "greaterThan", "greaterOrEqual", "equal", "notEqual")


def grow(random: Random, depth: int, number: list[int], regression: bool) -> str:
    """A random node: ids and default children here and there, tests of numbers and words, scores everywhere."""
    number[0] += 1
    own = number[0]
    test = "<True/>"
    if own > 1 and random.random() < 0.9:
        field, values, operators = random.choice(
            [
                ("a", "0.1 0.25 1e-3 3", OPERATORS),
                ("f", "0.1 0.3 0.7", OPERATORS),
                ("i", "1 2 2.5", OPERATORS),
                ("w", "red blue", OPERATORS[4:]),
            ]
        )
        test = f"<SimplePredicate field='{field}' operator='{random.choice(operators)}' value='{random.choice(values.split())}'/>"
    below = [
        grow(random, depth - 1, number, regression)
        for _ in range(random.choice([0, 2, 2, 3]) if depth else 0)
    ]
    shares = (
        ""
        if regression or random.random() < 0.3
        else "".join(
            f"<ScoreDistribution value='{name}' recordCount='{random.randint(0, 9)}'"
            + (f" confidence='{random.random()}'" if random.random() < 0.3 else "")
            + "/>"
            for name in random.sample(["yes", "no", "maybe"], 3)
        )
    )
    score = (
        f" score='{random.choice([0.5, 1, -2.25]) if regression else random.choice(['yes', 'no', 'maybe'])}'"
    )
    default = f" defaultChild='n{own + 1}'" if below and random.random() < 0.7 else ""
    said = score if random.random() < 0.8 or (not shares and not regression) else ""
    return f"<Node id='n{own}' recordCount='5'{said}{default}>{test}{shares}{''.join(below)}</Node>"


@pytest.mark.parametrize("seed", range(40))
def test_random_trees_score_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(seed)
    regression = seed % 2 == 0
    strategy = random.choice(["none", "lastPrediction", "nullPrediction", "defaultChild"])
    last = random.choice(["returnNullPrediction", "returnLastPrediction"])
    target = (
        NUMBER if regression else random.choice(["yes|no|maybe", 'optype="categorical" dataType="string"'])
    )
    text = document(
        f"<TreeModel functionName='{'regression' if regression else 'classification'}' missingValueStrategy='{strategy}'"
        f" noTrueChildStrategy='{last}' missingValuePenalty='{random.choice([1, 1, 0.8])}'"
        f" x-mathContext='{random.choice(['double', 'float'])}'>{schema('y', 'a', 'f', 'i', 'w')}"
        f"<Output><OutputField name='node' feature='entityId' dataType='string' optype='categorical'/></Output>"
        f"{grow(random, 5, [0], regression)}</TreeModel>",
        a=NUMBER, f='optype="continuous" dataType="float"', i='optype="continuous" dataType="integer"',
        w='optype="categorical" dataType="string"', y=target,
    )  # fmt: skip
    draw = np.random.default_rng(seed)
    columns: dict[str, object] = {
        "a": draw.choice([0.1, 0.25, 0.26, -1.0, np.nan], 200),
        "f": draw.choice([0.1, 0.3, 0.7, 0.29999999, np.nan], 200),
        "i": draw.choice([1.0, 2.0, 3.0, np.nan], 200),
        "w": draw.choice(np.array(["red", "blue", "green", None], dtype=object), 200),
    }
    same(*both(text.encode(), monkeypatch, columns))


@pytest.mark.parametrize(
    "node",
    [
        "<Node score='1'><True/><Node score='abc'><SimplePredicate field='a' operator='lessThan' value='1'/></Node></Node>",
        "<Node score='1'><True/><Node score='2'><SimplePredicate field='a' operator='lessThan' value='x'/></Node></Node>",
        "<Node score='1'><True/><Node score='2'><SimplePredicate field='b' operator='lessThan' value='1'/></Node></Node>",
        "<Node score='1'><True/><Node score='2'><SimplePredicate field='a' operator='about' value='1'/></Node></Node>",
        "<Node score='1'><True/><Node score='2'></Node></Node>",
        "<Node score='1' recordCount='many'><True/></Node>",
        "<Node score='1'><True/><Cluster/></Node>",
    ],
)
def test_a_broken_node_is_refused_with_the_same_words(node: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = document(
        f"<TreeModel functionName='regression'>{schema('y', 'a')}{node}</TreeModel>", a=NUMBER, y=NUMBER
    )
    said = []
    for packs in (gate._DocumentReader._packs, lambda self: False):
        monkeypatch.setattr(gate._DocumentReader, "_packs", packs)
        with pytest.raises(Exception, match="m.pmml: line 1: ") as caught:
            load_content(text.encode(), Path("m.pmml"))
        said.append((type(caught.value), str(caught.value)))
    assert said[0] == said[1]
