"""How the package is asked the oracles' questions about checks, assignment, belief and simulation bands."""

import math
from typing import Any

from liftstream import experiment
from liftstream.experiment.assignment import assignment
from liftstream.experiment.checks import sample_ratio
from liftstream.experiment.compare import bayes
from liftstream.experiment.numerics import normal
from liftstream.experiment.numerics.binomial import acceptance_band
from tests.oracles.formulas import planout
from tests.oracles.formulas.kolmogorov import critical_distance


def growthbook_hash(seed: str, value: str, version: int) -> dict[str, Any]:
    return {"n": assignment.position(value, seed, version)}


def bucket_ranges(args: list[list[Any]]) -> dict[str, Any]:
    return {"ranges": [[list(r) for r in experiment.bucket_ranges(*one)] for one in args]}


def planout_sha1_uniform(experiment_salt: str, parameter: str, units: list[Any]) -> dict[str, Any]:
    return {
        "hash": [planout.planout_hash(experiment_salt, parameter, unit) for unit in units],
        "uniform": [planout.planout_uniform(experiment_salt, parameter, unit) for unit in units],
        "uniform_choice_of_2": [
            planout.planout_choice(experiment_salt, parameter, unit, 2) for unit in units
        ],
    }


def srm_chi_square(observed: list[int], weights: list[float]) -> dict[str, Any]:
    names = [f"arm {i}" for i in range(len(observed))]
    check = experiment.check_sample_ratio(
        dict(zip(names, observed, strict=True)),
        dict(zip(names, weights, strict=True)),
        method="chi-square",
    )
    return {
        "chi2": check.numbers["chi2"],
        "df": check.numbers["df"],
        "p": check.numbers["pvalue"],
        "alarm_at_0_001": check.status == "alarm",
    }


def normal_p(observed: list[int], weights: list[float], correction: bool) -> float:
    """Normal approximation of the exact p-value, with the correction for continuity or without."""
    clients = sum(observed)
    expected = [clients * weight / sum(weights) for weight in weights]
    distance = abs(observed[0] - expected[0])
    if correction:
        distance = max(0.0, distance - 0.5)
    return normal.two_sided_p(distance / math.sqrt(expected[0] * expected[1] / clients))


def srm_normal_approx(observed: list[int], weights: list[float]) -> dict[str, Any]:
    return {
        "p_binom": sample_ratio.exact_p(observed, weights),
        "p_norm": normal_p(observed, weights, correction=False),
        "p_norm_corrected": normal_p(observed, weights, correction=True),
    }


def srm_sequential_dirichlet(
    rows: list[list[int]], weights: list[float], concentration: float
) -> dict[str, Any]:
    return {"p_running": sample_ratio.sequential_p(rows, weights, concentration)}


def prob_beta(
    control: list[int], treatment: list[int], prior: tuple[float, float] = (1, 1)
) -> dict[str, Any]:
    found = bayes.believe_rates(*control, *treatment, prior=(prior[0], prior[1]))
    return {"p": found.better}


def prob_normal(effect: float, se: float, prior_mean: float = 0, prior_sd: Any = None) -> dict[str, Any]:
    priors = prior_sd if isinstance(prior_sd, list) else [prior_sd]
    found = [bayes.believe_mean(effect, se, prior_mean=prior_mean, prior_sd=sd).better for sd in priors]
    return {"p": found if isinstance(prior_sd, list) else found[0]}


def expected_loss_normal(effect: float, se: float) -> dict[str, Any]:
    found = bayes.believe_mean(effect, se)
    return {"loss_choose_treatment": found.loss_candidate, "loss_choose_control": found.loss_original}


ANSWERS = {
    "growthbook_hash": growthbook_hash,
    "bucket_ranges": bucket_ranges,
    "planout_sha1_uniform": planout_sha1_uniform,
    "srm_chi_square": srm_chi_square,
    "srm_binomial_exact": lambda observed, weights: {"p": sample_ratio.exact_p(observed, weights)},
    "srm_normal_approx": srm_normal_approx,
    "srm_sequential_dirichlet": srm_sequential_dirichlet,
    "prob_treatment_beats_control_beta": prob_beta,
    "prob_treatment_beats_control_normal": prob_normal,
    "expected_loss_normal": expected_loss_normal,
    "thompson_prob_best_normal": lambda means, ses: {"prob_best": list(bayes.probability_best(means, ses))},
    "aa_acceptance_band": lambda simulations, alpha, level=0.999: acceptance_band(
        simulations, alpha, level
    ).to_dict(),
    "aa_p_value_uniformity_ks": lambda n, alpha: {"d_critical": critical_distance(n, alpha)},
}
"""By the oracle's name."""
