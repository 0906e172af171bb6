"""A model whose decision follows from whole numbers, so that the verifier needs no scorer.

score = age + 10 x number of products bought; a client is shown the category when it reaches `THRESHOLD`.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.features import PRODUCTS

PRODUCT_WEIGHT = 10
THRESHOLD = 270
AGE_WITHOUT_SCORE = 130
"""The pipeline accepts this age and the model declares it invalid, so it gives no score."""


def decisions(features: NDArray[np.uint8], *, inverse: bool = False) -> list[int]:
    """The model's decision for every row of features (columns as in `contracts.features.FEATURES`)."""
    shown = (_scores(features) >= THRESHOLD) != inverse
    found: list[int] = shown.astype(int).tolist()
    return found


def document(*, inverse: bool = False, needs: Sequence[str] = PRODUCTS) -> str:
    """The model as PMML.

    Args:
        inverse: decides the opposite everywhere.
        needs: the fields that are weighed like products; a foreign one makes it unfit for the pipeline.
    """
    sign, intercept = (-1, 2 * THRESHOLD - 1) if inverse else (1, 0)
    terms = "".join(
        f'<NumericPredictor name="{name}" coefficient="{sign * PRODUCT_WEIGHT}"/>' for name in needs
    )
    return regression(dict.fromkeys(needs, ("continuous", "double")), sign, intercept, terms)


def regression(fields: Mapping[str, tuple[str, str]], sign: int, intercept: int, terms: str) -> str:
    """A regression on the age and other fields as PMML.

    Args:
        fields: `optype` and `dataType` of the others.
        sign: coefficient of the age.
        intercept: of the regression.
        terms: its predictors of the other fields.
    """
    known = "".join(
        f'<DataField name="{name}" optype="{kind}" dataType="{datatype}"/>'
        for name, (kind, datatype) in fields.items()
    )
    mined = "".join(f'<MiningField name="{name}"/>' for name in fields)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<PMML xmlns="http://www.dmg.org/PMML-4_4" version="4.4"><Header/>'
        f'<DataDictionary numberOfFields="{len(fields) + 2}">'
        '<DataField name="score" optype="continuous" dataType="double"/>'
        '<DataField name="age" optype="continuous" dataType="double">'
        f'<Interval closure="closedClosed" leftMargin="0" rightMargin="{AGE_WITHOUT_SCORE - 1}"/></DataField>'
        f"{known}</DataDictionary>"
        '<RegressionModel functionName="regression"><MiningSchema><MiningField name="score" usageType="target"/>'
        f'<MiningField name="age" invalidValueTreatment="returnInvalid"/>{mined}</MiningSchema>'
        f'<RegressionTable intercept="{intercept}"><NumericPredictor name="age" coefficient="{sign}"/>{terms}'
        "</RegressionTable></RegressionModel></PMML>\n"
    )


def _scores(features: NDArray[np.uint8]) -> NDArray[np.int64]:
    scores: NDArray[np.int64] = features[:, 0] + PRODUCT_WEIGHT * features[:, 3:].sum(axis=1, dtype=np.int64)
    return scores
