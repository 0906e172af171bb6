"""Machines of two or three vectors, worked out by hand."""

from math import exp, tanh

import numpy as np
import pytest

from liftstream.contracts.errors import ModelRefused
from tests.scoring.documents import NUMBER, document, schema, score

VECTORS = (
    "<VectorDictionary><VectorFields><FieldRef field='x'/><FieldRef field='y'/></VectorFields>"
    "<VectorInstance id='a'><Array type='real'>1 0</Array></VectorInstance>"
    "<VectorInstance id='b'><REAL-SparseArray n='2'><Indices>2</Indices><REAL-Entries>2</REAL-Entries></REAL-SparseArray>"
    "</VectorInstance></VectorDictionary>"
)


def machine(attributes: str, first: float, second: float, offset: float) -> str:
    return (
        f"<SupportVectorMachine {attributes}><SupportVectors><SupportVector vectorId='a'/><SupportVector vectorId='b'/>"
        f"</SupportVectors><Coefficients absoluteValue='{offset}'><Coefficient value='{first}'/>"
        f"<Coefficient value='{second}'/></Coefficients></SupportVectorMachine>"
    )


def model(function: str, kernel: str, *machines: str, attributes: str = "") -> str:
    target = "t" if function == "classification" else "n"
    return document(
        f"<SupportVectorMachineModel functionName='{function}' {attributes}>{schema(target, 'x', 'y')}{kernel}{VECTORS}"
        f"{''.join(machines)}</SupportVectorMachineModel>",
        x=NUMBER, y=NUMBER, n=NUMBER, t="p|q|r",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("kernel", "expected"),
    [
        ("<LinearKernelType/>", 0.5 + 2 * 3 - 1 * 8),
        ("<PolynomialKernelType gamma='2' coef0='1' degree='2'/>", 0.5 + 2 * 49 - 1 * 289),
        ("<RadialBasisKernelType gamma='0.5'/>", 0.5 + 2 * exp(-0.5 * 20) - exp(-0.5 * 13)),
        ("<SigmoidKernelType gamma='0.1' coef0='0.2'/>", 0.5 + 2 * tanh(0.5) - tanh(1.0)),
    ],
)
def test_a_machine_is_its_offset_and_the_weighted_kernels(kernel: str, expected: float) -> None:
    found = score(model("regression", kernel, machine("", 2, -1, 0.5)), x=[3.0], y=[4.0])["n"]
    assert found == pytest.approx([expected], rel=1e-14)


def test_below_its_threshold_a_machine_chooses_its_own_category() -> None:
    duel = machine("targetCategory='p' alternateTargetCategory='q' threshold='2'", 1, 0, 0)
    found = score(model("classification", "<LinearKernelType/>", duel), x=[1.9, 2.0], y=[0.0, 0.0])["t"]
    assert list(found) == ["p", "q"]


def test_machines_vote_and_of_equals_the_first_category_wins() -> None:
    duels = [
        machine("targetCategory='p' alternateTargetCategory='q'", 1, 0, 0),
        machine("targetCategory='q' alternateTargetCategory='r'", 1, 0, -1),
        machine("targetCategory='r' alternateTargetCategory='p'", 1, 0, -2),
    ]
    found = score(
        model("classification", "<LinearKernelType/>", *duels), x=[-1.0, 0.5, 1.5, 3.0], y=np.zeros(4)
    )["t"]
    assert list(found) == ["p", "q", "r", "p"]


@pytest.mark.parametrize(("wins", "expected"), [("false", "q"), ("true", "p")])
def test_one_against_all_takes_the_smallest_or_with_max_wins_the_greatest(wins: str, expected: str) -> None:
    machines = [machine("targetCategory='p'", 1, 0, 0), machine("targetCategory='q'", -1, 0, 0)]
    attributes = f"classificationMethod='OneAgainstAll' maxWins='{wins}'"
    found = score(
        model("classification", "<LinearKernelType/>", *machines, attributes=attributes), x=[2.0], y=[0.0]
    )
    assert list(found["t"]) == [expected]


def test_coefficients_weigh_the_fields_themselves() -> None:
    text = model(
        "regression",
        "<LinearKernelType/>",
        machine("", 2, -1, 0.5),
        attributes="svmRepresentation='Coefficients'",
    )
    assert score(text, x=[3.0], y=[4.0])["n"] == pytest.approx([2.5])


def test_a_row_with_a_missing_input_has_no_prediction() -> None:
    text = model("regression", "<LinearKernelType/>", machine("", 2, -1, 0.5))
    found = score(text, x=[3.0, None], y=[4.0, 4.0])["n"]
    assert np.isnan(found).tolist() == [False, True]


def test_distances_keep_their_digits_far_from_zero() -> None:
    text = document(
        f"<SupportVectorMachineModel functionName='regression'>{schema('n', 'x')}<RadialBasisKernelType gamma='1'/>"
        "<VectorDictionary><VectorFields><FieldRef field='x'/></VectorFields><VectorInstance id='a'>"
        "<Array type='real'>100000000</Array></VectorInstance></VectorDictionary><SupportVectorMachine><SupportVectors>"
        "<SupportVector vectorId='a'/></SupportVectors><Coefficients><Coefficient value='1'/></Coefficients>"
        "</SupportVectorMachine></SupportVectorMachineModel>",
        x=NUMBER, n=NUMBER,
    )  # fmt: skip
    assert score(text, x=[1e8 + 0.5])["n"] == pytest.approx([exp(-0.25)], rel=1e-14)


def test_a_vector_that_is_not_there_is_refused() -> None:
    broken = machine("", 2, -1, 0.5).replace("vectorId='b'", "vectorId='c'")
    with pytest.raises(ModelRefused, match="names the vector 'c'"):
        score(model("regression", "<LinearKernelType/>", broken), x=[1.0], y=[1.0])


def test_a_single_machine_of_pmml_3_rounds_to_its_category_or_the_alternative() -> None:
    single = machine("targetCategory='p'", 1, 0, 0)
    text = model(
        "classification", "<LinearKernelType/>", single, attributes="alternateBinaryTargetCategory='q'"
    )
    assert list(score(text, x=[0.1, 0.9], y=[0.0, 0.0])["t"]) == ["q", "p"]
