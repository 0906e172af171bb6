"""The textbook's sprinkler: rain and sprinkler wet the grass, worked out by hand."""

from itertools import product

import numpy as np
import pytest

from liftstream.contracts.errors import ModelRefused, ModelUnsupported
from tests.scoring.documents import document, schema, score


def shares(probability: float) -> str:
    return (
        f"<ValueProbability value='yes' probability='{probability}'/>"
        f"<ValueProbability value='no' probability='{1 - probability}'/>"
    )


def given(probability: float, **parents: str) -> str:
    listed = "".join(f"<ParentValue parent='{name}' value='{value}'/>" for name, value in parents.items())
    return f"<DiscreteConditionalProbability>{listed}{shares(probability)}</DiscreteConditionalProbability>"


WET = {("yes", "yes"): 0.99, ("yes", "no"): 0.8, ("no", "yes"): 0.9, ("no", "no"): 0.0}
NODES = (
    f"<DiscreteNode name='rain'>{shares(0.2)}</DiscreteNode>"
    f"<DiscreteNode name='sprinkler'>{given(0.01, rain='yes')}{given(0.4, rain='no')}</DiscreteNode>"
    f"<DiscreteNode name='wet'>{''.join(given(p, rain=r, sprinkler=s) for (r, s), p in WET.items())}</DiscreteNode>"
)


def model(nodes: str = NODES) -> str:
    return document(
        f"<BayesianNetworkModel functionName='classification'>{schema('rain', 'sprinkler', 'wet')}"
        f"<BayesianNetworkNodes>{nodes}</BayesianNetworkNodes></BayesianNetworkModel>",
        rain="yes|no", sprinkler="yes|no", wet="yes|no",
    )  # fmt: skip


def joint(rain: str, sprinkler: str, wet: str) -> float:
    of_rain = {"yes": 0.2, "no": 0.8}[rain]
    on = {"yes": 0.01, "no": 0.4}[rain]
    p_wet = WET[rain, sprinkler]
    return of_rain * (on if sprinkler == "yes" else 1 - on) * (p_wet if wet == "yes" else 1 - p_wet)


def posterior(**known: str) -> float:
    """P(rain | what is known) by adding up everything."""
    totals = {"yes": 0.0, "no": 0.0}
    for rain in totals:
        for sprinkler in ("yes", "no"):
            for wet in ("yes", "no"):
                if known.get("sprinkler", sprinkler) == sprinkler and known.get("wet", wet) == wet:
                    totals[rain] += joint(rain, sprinkler, wet)
    return totals["yes"] / sum(totals.values())


@pytest.mark.parametrize(
    "known", [{}, {"wet": "yes"}, {"sprinkler": "no"}, {"sprinkler": "yes", "wet": "no"}], ids=str
)
def test_what_a_row_does_not_tell_is_summed_out(known: dict[str, str]) -> None:
    row = {name: [known.get(name)] for name in ("sprinkler", "wet")}
    assert score(model(), **row)["probability(yes)"] == pytest.approx([posterior(**known)], rel=1e-13)


def test_impossible_evidence_has_no_answer() -> None:
    never = NODES.replace(shares(0.4), shares(0.0)).replace(shares(0.01), shares(0.0))
    assert np.isnan(score(model(never), sprinkler=["yes"], wet=["yes"])["probability(yes)"]).all()


def test_a_continuous_node_is_refused_by_name() -> None:
    with pytest.raises(ModelUnsupported, match="<ContinuousNode>"):
        score(model(NODES + "<ContinuousNode name='x'/>"), wet=["yes"])


def random_network(
    seed: int, nodes: int, values: int, parents: int
) -> tuple[str, list[list[int]], list[np.ndarray]]:
    """A document with nodes n0, n1, ..., the parents of each and its table [values of the parents..., own values]."""
    draw = np.random.default_rng(seed)
    words = [f"v{number}" for number in range(values)]
    above = [draw.permutation(number)[:parents].tolist() for number in range(nodes)]
    tables = [draw.dirichlet(np.ones(values), size=(values,) * len(one)) for one in above]

    def shares_of(row: np.ndarray) -> str:
        return "".join(
            f"<ValueProbability value='{word}' probability='{p!r}'/>"
            for word, p in zip(words, row.tolist(), strict=True)
        )

    def node(number: int) -> str:
        inside = "".join(
            "<DiscreteConditionalProbability>"
            + "".join(f"<ParentValue parent='n{one}' value='v{v}'/>" for one, v in zip(above[number], chosen, strict=True))
            + f"{shares_of(tables[number][chosen])}</DiscreteConditionalProbability>"
            for chosen in product(range(values), repeat=len(above[number]))
        )  # fmt: skip
        return f"<DiscreteNode name='n{number}'>{inside if above[number] else shares_of(tables[number])}</DiscreteNode>"

    names = [f"n{number}" for number in range(nodes)]
    text = document(
        f"<BayesianNetworkModel functionName='classification'>{schema(*names)}"
        f"<BayesianNetworkNodes>{''.join(map(node, range(nodes)))}</BayesianNetworkNodes></BayesianNetworkModel>",
        **dict.fromkeys(names, "|".join(words)),
    )
    return text, above, tables


@pytest.mark.parametrize("seed", range(4))
def test_a_network_gives_what_adding_up_everything_gives(seed: int) -> None:
    text, above, tables = random_network(seed, nodes=7, values=3, parents=3)
    draw = np.random.default_rng(seed)
    known = [draw.choice([-1, 0, 1, 2], size=7, p=[0.5, 0.2, 0.2, 0.1]).tolist() for _ in range(5)]
    columns = {f"n{i}": [None if row[i] < 0 else f"v{row[i]}" for row in known] for i in range(1, 7)}
    found = score(text, **columns)
    for number, row in enumerate(known):
        total = np.zeros(3)
        for world in product(range(3), repeat=7):
            if all(row[i] in (-1, world[i]) for i in range(1, 7)):
                chances = (tables[i][(*(world[a] for a in above[i]), world[i])] for i in range(7))
                total[world[0]] += np.prod(list(chances))
        expected = total / total.sum()
        assert [found[f"probability(v{v})"][number] for v in range(3)] == pytest.approx(expected, rel=1e-10)


def test_a_row_that_tells_too_little_of_a_large_network_says_so() -> None:
    """The tables in between would have 3 ^ 20 entries; a row that tells every node is worked out all the same."""
    text, _, _ = random_network(1, nodes=50, values=3, parents=3)
    scores = score(text, **{f"n{i}": [None, "v1"] for i in range(1, 50)})
    assert scores.problems is not None
    assert scores.problems[0].startswith("too many nodes are missing at once")
    assert scores["n0"].tolist()[0] is None
    assert scores["n0"].tolist()[1] is not None


def test_a_network_that_goes_round_in_a_circle_is_refused() -> None:
    circle = f"<DiscreteNode name='rain'>{given(0.2, wet='yes')}{given(0.4, wet='no')}</DiscreteNode>"
    nodes = circle + NODES[NODES.index("<DiscreteNode name='sprinkler'>") :]
    with pytest.raises(ModelRefused, match="<DiscreteNode> goes round in a circle by 'rain'"):
        score(model(nodes), wet=["yes"])
