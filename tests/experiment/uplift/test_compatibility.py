"""What two libraries gave for the same rows, written down once: scikit-uplift 0.5.1 and causalml 0.18.0."""

import numpy as np
import pytest

from liftstream import experiment

RNG = np.random.default_rng(7)
Y, TREATMENT, FINE = RNG.integers(0, 2, 40), RNG.integers(0, 2, 40), RNG.normal(size=40)
SCORES = {"distinct": FINE, "tied": np.round(FINE)}
EXPECTED = {
    "distinct": {
        "uplift_auc_score": -0.04775996499290521,
        "qini_auc_score": -0.02879235992967554,
        "uplift_at_k overall": 0.20634920634920634,
        "uplift_at_k by_group": 0.17857142857142855,
        "auuc_score": 0.44699808762982474,
        "qini_score": -0.053722330112687296,
    },
    "tied": {
        "uplift_auc_score": -0.13103507675259443,
        "qini_auc_score": -0.0760787975320847,
        "uplift_at_k overall": 0.015873015873015872,
        "uplift_at_k by_group": -0.07142857142857145,
        "auuc_score": 0.3582223718100219,
        "qini_score": -0.11808119769283214,
    },
}


@pytest.mark.parametrize("name", SCORES)
def test_figures_are_those_of_scikit_uplift_and_causalml(name: str) -> None:
    rows = Y, TREATMENT, SCORES[name]
    found = {
        "uplift_auc_score": experiment.scikit_uplift_auuc(*rows),
        "qini_auc_score": experiment.scikit_uplift_qini(*rows),
        "uplift_at_k overall": experiment.scikit_uplift_at_k(*rows, 0.4),
        "uplift_at_k by_group": experiment.scikit_uplift_at_k(*rows, 0.4, ranking="by group"),
        "auuc_score": experiment.causalml_auuc(*rows),
        "qini_score": experiment.causalml_qini(*rows),
    }
    assert found == pytest.approx(EXPECTED[name], abs=1e-10)
