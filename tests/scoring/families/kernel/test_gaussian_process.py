"""Posterior means against the textbook's formula in plain numpy."""

from math import exp

import numpy as np
import pytest

from tests.scoring.documents import NUMBER, document, schema, score

X = np.array([[0.0, 0.0], [1.0, 2.0], [3.0, 1.0]])
Y = np.array([1.0, -1.0, 2.0])
NEW = np.array([0.5, 1.5])


def model(kernel: str) -> str:
    rows = "".join(f"<row><x>{a}</x><y>{b}</y><n>{c}</n></row>" for (a, b), c in zip(X, Y, strict=True))
    fields = "".join(f"<InstanceField field='{name}' column='{name}'/>" for name in "xyn")
    return document(
        f"<GaussianProcessModel functionName='regression'>{schema('n', 'x', 'y')}{kernel}<TrainingInstances><InstanceFields>"
        f"{fields}</InstanceFields><InlineTable>{rows}</InlineTable></TrainingInstances></GaussianProcessModel>",
        x=NUMBER, y=NUMBER, n=NUMBER,
    )  # fmt: skip


LENGTHS = "<Lambda><Array type='real'>2 0.5</Array></Lambda>"
KERNELS = {
    "<RadialBasisKernel gamma='1.5' noiseVariance='0.1' lambda='2'/>": lambda d: 1.5 * exp(-(d @ d) / 8),
    f"<ARDSquaredExponentialKernel gamma='1.5' noiseVariance='0.1'>{LENGTHS}</ARDSquaredExponentialKernel>": lambda d: (
        1.5 * exp(-((d[0] / 2) ** 2 + (d[1] / 0.5) ** 2) / 2)
    ),
    f"<AbsoluteExponentialKernel gamma='1.5' noiseVariance='0.1'>{LENGTHS}</AbsoluteExponentialKernel>": lambda d: (
        1.5 * exp(-(abs(d[0]) / 2 + abs(d[1]) / 0.5))
    ),
    f"<GeneralizedExponentialKernel gamma='1.5' noiseVariance='0.1' degree='1.5'>{LENGTHS}"
    "</GeneralizedExponentialKernel>": lambda d: (
        1.5 * exp(-((abs(d[0]) / 2) ** 1.5 + (abs(d[1]) / 0.5) ** 1.5))
    ),
}


@pytest.mark.parametrize("element", KERNELS, ids=[element.split()[0][1:] for element in KERNELS])
def test_the_posterior_mean(element: str) -> None:
    kernel = KERNELS[element]
    covariance = np.array([[kernel(a - b) for b in X] for a in X]) + 0.1 * np.eye(3)
    expected = np.array([kernel(NEW - a) for a in X]) @ np.linalg.inv(covariance) @ Y
    assert score(model(element), x=[NEW[0]], y=[NEW[1]])["n"] == pytest.approx([expected], rel=1e-12)


def test_a_row_with_a_missing_input_has_no_prediction() -> None:
    assert np.isnan(score(model(next(iter(KERNELS))), x=[1.0], y=[None])["n"]).all()
