"""How the package is asked the oracles' questions about uplift; names and units are theirs."""

from typing import Any

import numpy as np

from liftstream import experiment
from training.uplift.selection import data_selection
from training.uplift.tree import divergence

Numbers = list[float]


def node_counts(node: dict[str, int]) -> Any:
    """Clients by arm and outcome, the arm left alone first."""
    arms = ("control", "treated")
    return np.array([[node[arm] - node[f"{arm}_pos"], node[f"{arm}_pos"]] for arm in arms], dtype=np.float64)


def both_of(rate: float) -> Any:
    """Shares of those who did not and who did."""
    return np.array([1 - rate, rate])


def kl_split(node: dict[str, int], left: dict[str, int]) -> dict[str, Any]:
    found = divergence.judge_splits(node_counts(node), node_counts(left))
    return {
        "D_before": float(found.before),
        "D_left": float(found.left),
        "D_right": float(found.right),
        "gain": float(found.gain),
        "normaliser": float(found.normalizer),
        "gain_over_normaliser": float(found.criterion),
    }


def uplift_curves(y: Numbers, treatment: Numbers, score: Numbers) -> dict[str, Any]:
    uplift = experiment.uplift_curve(y, treatment, score)
    return {
        "uplift_curve_x": uplift.clients,
        "uplift_curve_y": uplift.gain,
        "qini_curve_y": experiment.uplift_curve(y, treatment, score, kind="qini").gain,
        "uplift_auc": experiment.auuc(y, treatment, score, draws=0).value,
        "qini_auc": experiment.qini(y, treatment, score, draws=0).value,
    }


def uplift_at_k(y: Numbers, treatment: Numbers, score: Numbers, k: Numbers) -> dict[str, Any]:
    rankings = {"overall": "overall", "by_group": "by group"}
    return {
        key: [experiment.scikit_uplift_at_k(y, treatment, score, share, ranking=name) for share in k]
        for key, name in rankings.items()
    }


def accepts_cluster(train_validation: list[list[float]], tolerance: float) -> dict[str, Any]:
    return {
        mode: [data_selection.accepts_cluster(*pair, tolerance, mode) for pair in train_validation]
        for mode in ("relative", "absolute")
    }


ANSWERS = {
    "kl_split": kl_split,
    "kl_bernoulli": lambda p_treatment, p_control: {
        "nats": float(divergence.kl_divergence(both_of(p_treatment), both_of(p_control)))
    },
    "uplift_curves": uplift_curves,
    "uplift_at_k": uplift_at_k,
    "uplift_causalml": lambda y, treatment, score: {
        "auuc_normalized": experiment.causalml_auuc(y, treatment, score),
        "qini_normalized": experiment.causalml_qini(y, treatment, score),
    },
    "accepts_cluster": accepts_cluster,
}
"""By the oracle's name."""
