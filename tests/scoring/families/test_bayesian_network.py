"""The textbook's sprinkler: rain and sprinkler wet the grass, worked out by hand."""

import numpy as np
import pytest

from liftstream.contracts.errors import ModelUnsupported
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
