"""How the package is asked the oracles' questions about looking early; names and units are theirs."""

import math
import re
from collections.abc import Callable
from typing import Any

from liftstream import experiment
from liftstream.experiment.anytime import confidence_sequence
from liftstream.experiment.anytime import msprt as mixture_test
from liftstream.experiment.anytime.rate_sequence import rate_sequence
from liftstream.experiment.compare.relative import relative_squares
from liftstream.experiment.moments import Moments
from liftstream.experiment.numerics import normal
from liftstream.experiment.sequential import progress
from liftstream.experiment.sequential.alpha_spending import Spending
from liftstream.experiment.sequential.sequential_bounds import error_of_rule, naive_error, total_error
from liftstream.experiment.sequential.sequential_design import GroupSequential
from tests.oracles.formulas import mixtures
from tests.oracles.formulas.quantile_sequence import double_stitching_radius, lil_radius

DESIGNS = {
    "lan_demets_obrien_fleming": "obf",
    "lan_demets_pocock": "pocock",
    "hwang_shih_decani": "hsd",
    "kim_demets_power": "kim-demets",
    "user": "user",
    "obrien_fleming_classic": "obf-classic",
    "pocock_classic": "pocock-classic",
    "wang_tsiatis": "wang-tsiatis",
    "haybittle_peto": "haybittle-peto",
}


def each(value: Any, answer: Callable[[Any], Any]) -> Any:
    return [answer(item) for item in value] if isinstance(value, list) else answer(value)


def first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def design_of(
    *,
    spending: str | None = None,
    design: str | None = None,
    looks: int | None = None,
    information: list[float] | None = None,
    alpha_one_sided: float | None = None,
    alpha_two_sided: float | None = None,
    sides: int | None = None,
    gamma: float | None = None,
    rho: float | None = None,
    delta: float | None = None,
    constant: float | None = None,
    cumulative_alpha: list[float] | None = None,
    power: float = 0.8,
    beta_spending: str | None = None,
    binding: bool = False,
) -> GroupSequential:
    """Their designs are of one side or of two; alpha may be given for either."""
    two_sided = (2 if alpha_two_sided is not None else 1) == 2 if sides is None else sides == 2
    one_side = alpha_two_sided / 2 if alpha_one_sided is None else alpha_one_sided  # type: ignore[operator]
    share = 2 if two_sided else 1
    return experiment.group_sequential(
        tuple(information) if information else first(looks, 1),
        design=DESIGNS[first(spending, design, "lan_demets_obrien_fleming")],
        parameter=first(gamma, rho, delta, constant),
        cumulative=None if cumulative_alpha is None else tuple(share * a for a in cumulative_alpha),
        alpha=share * one_side,
        power=power,
        two_sided=two_sided,
        futility=None if beta_spending is None else DESIGNS[beta_spending],
        binding=binding,
    )


def group_sequential_bounds(**inputs: Any) -> dict[str, Any]:
    found = design_of(**inputs)
    at_80 = design_of(**{**inputs, "power": 0.8})
    share = 2 if found.two_sided and inputs.get("alpha_one_sided") else 1
    return {
        "z": list(found.z_upper),
        "z_upper": list(found.z_upper),
        "z_lower": list(found.z_lower),
        "cumulative_alpha": [spent / share for spent in found.alpha_spent],
        "nominal_p": list(found.nominal_p),
        "constant": found.z_upper[-1],
        "inflation_power80": at_80.inflation,
        "expected_n_ratio_H0_H1": [at_80.expected_ratio_null, at_80.expected_ratio_effect],
    }


def group_sequential_sample_size(
    effect: float,
    power: float,
    sd: float | None = None,
    sigma: float | None = None,
    ratio: float = 1,
    normal_approximation: bool = True,
    **inputs: Any,
) -> dict[str, Any]:
    found = design_of(power=power, **inputs)
    fixed = experiment.solve_sample_size(
        effect=effect,
        sd=first(sd, sigma),
        alpha=found.alpha,
        power=power,
        ratio=ratio,
        two_sided=found.two_sided,
        method="z" if normal_approximation else "t",
    )
    total = fixed.exact * (1 + ratio)
    multiples = (0, 0.5, 1, 1.5)
    at_looks = [t * found.inflation * total for t in found.times]
    return {
        "z_upper": list(found.z_upper),
        "z_lower": list(found.z_lower),
        "n_total_at_looks": at_looks,
        "n_stage": at_looks,
        "n_max_total": at_looks[-1],
        "expected_n_H0": found.expected_ratio_null * total,
        "expected_n_H1": found.expected_ratio_effect * total,
        "expected_n_total_H0_H1": [found.expected_ratio_null * total, found.expected_ratio_effect * total],
        "expected_n_total_at_effect_multiples_0_05_1_15": [
            found.expected_ratio(m) * total for m in multiples
        ],
        "power_at_effect_multiples_0_05_1_15": [found.power_at(m) for m in multiples],
    }


def alpha_spending(spending: str, alpha: float, t: list[float], **parameters: float) -> dict[str, Any]:
    rule = Spending(DESIGNS[spending], first(*parameters.values()) if parameters else None)
    return {"spent": [rule.spent(at, alpha) for at in t]}


def conditional_power(at_look: int, z: float, **inputs: Any) -> dict[str, Any]:
    found = progress.chances(design_of(**inputs), at_look, z)
    return {
        "cp_at_theta_hat": found.at_estimate,
        "cp_at_theta_0": found.at_null,
        "cp_at_design_theta": found.at_plan,
        "predictive": found.predictive,
    }


def sequential_p_value(
    spending: str, z: list[float], information: list[float], looks: int | None = None, **parameters: float
) -> dict[str, Any]:
    rule = Spending(DESIGNS[spending], first(*parameters.values()) if parameters else None)
    return {"p": progress.sequential_p(z, information[: len(z)], rule)}


def false_positive_rate_naive_peeking(
    looks: list[int], nominal_alpha: float, sides: int, equal_spacing: bool = True
) -> dict[str, Any]:
    if not equal_spacing:
        raise ValueError("equal_spacing must be true, the looks have no times")
    return {"type_I": [naive_error(count, nominal_alpha, sides == 2) for count in looks]}


def type_I_error_of_rule(rule: str, looks: list[int]) -> dict[str, Any]:
    """The rule is in words: `reject at look k when |z| > c / sqrt(t_k)`, or `> c`."""
    found = re.search(r"(\|?)z(?:_k)?\|?\s*>=?\s*([\d.]+)\s*(/\s*sqrt)?", rule)
    if found is None:
        raise ValueError(f"rule must be like '|z| > 1.96/sqrt(t_k)', got {rule!r}")
    two_sided, constant = bool(found[1]), float(found[2])
    power = 0.5 if found[3] else 0.0
    rates = []
    for count in looks:
        times = tuple((i + 1) / count for i in range(count))
        rates.append(error_of_rule(times, [constant * t**-power for t in times], two_sided))
    alpha = round((2 if two_sided else 1) * normal.upper_tail(constant), 4)
    designs = [experiment.group_sequential(count, alpha=alpha, two_sided=two_sided) for count in looks]
    sides = 2 if two_sided else 1
    ours = max(sides * total_error(design.times, design.z_upper, two_sided) for design in designs)
    return {"type_I": rates, "must_be_at_most": round(ours, 6)}


def msprt(
    mean_difference: float, n_per_group: float, sigma: float, tau: float, alpha: float
) -> dict[str, Any]:
    found = mixture_test.msprt(mean_difference, n_per_group, sd=sigma, tau=tau, alpha=alpha)
    return {
        "log_lambda": found.log_lambda,
        "lambda_": math.exp(found.log_lambda) if found.log_lambda < 709 else math.inf,
        "p_instant": found.pvalue,
        "reject_at_05": found.pvalue < 0.05,
    }


def msprt_ci_halfwidth(n_per_group: list[float], sigma: float, tau: float, alpha: float) -> dict[str, Any]:
    return {
        "halfwidth": each(n_per_group, lambda n: mixture_test.half_width(n, sd=sigma, tau=tau, alpha=alpha))
    }


def normal_mixture_log(s: float, v: float, v_opt: float, alpha_opt: float, one_sided: bool) -> dict[str, Any]:
    rho = mixtures.rho_for(v_opt, alpha_opt, one_sided=one_sided)
    return {"log_m": mixtures.log_normal_mixture(s, v, rho, one_sided=one_sided), "rho": rho}


def normal_mixture_bound(
    v: list[float], alpha: float, v_opt: float, alpha_opt: float, one_sided: bool
) -> dict[str, Any]:
    rho = mixtures.rho_for(v_opt, alpha_opt, one_sided=one_sided)
    return {
        "bound": each(v, lambda at: mixtures.normal_mixture_bound(at, alpha, rho, one_sided=one_sided)),
        "rho": rho,
    }


def gamma_exponential_mixture_bound(
    v: list[float], alpha: float, v_opt: float, c: float, alpha_opt: float = 0.05
) -> dict[str, Any]:
    rho = mixtures.rho_for(v_opt, alpha_opt, one_sided=True)
    return {"bound": each(v, lambda at: mixtures.gamma_exponential_bound(at, alpha, rho, c))}


def poly_stitching_bound(v: float, alpha: float, v_min: float, c: Any) -> dict[str, Any]:
    return {"bound": each(c, lambda scale: mixtures.poly_stitching_bound(v, alpha, v_min, scale))}


def bernoulli_confidence_sequence(
    cases: list[list[float]], alpha: float, order: str = "successes,trials,t_opt"
) -> dict[str, Any]:
    names = order.split(",")
    rows = [dict(zip(names, case, strict=True)) for case in cases]
    found = [
        rate_sequence(row["successes"], row["trials"], tuned_at=row["t_opt"], alpha=alpha) for row in rows
    ]
    return {"ci": [list(one) for one in found]}


def quantile_confidence_sequence_radius(
    lil: dict[str, Any] | None = None, double_stitching: dict[str, Any] | None = None
) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    if lil is not None:
        answer["lil"] = lil_radius(lil["t"], n_min=lil["t_min"], alpha=lil["alpha"], a=lil.get("A", 0.85))
    if double_stitching is not None:
        d = double_stitching
        levels = d["p"] if isinstance(d["p"], list) else [d["p"]]
        answer["double_stitching"] = [
            double_stitching_radius(q, d["t"], n_opt=d["t_opt"], alpha=d["alpha"]) for q in levels
        ]
    return answer


RHO: dict[bool, Callable[[float, float], float]] = {
    True: confidence_sequence.rho2_exact,
    False: confidence_sequence.rho2_approximate,
}


def asymptotic_cs_standard_margin(
    t: list[float], t_opt: float, alpha: float, rho: str = "exact Lambert W"
) -> dict[str, Any]:
    rho2 = RHO["exact" in rho](t_opt, alpha)
    return {"rho2": rho2, "margin": [confidence_sequence.margin(at, rho2, alpha) for at in t]}


def asymptotic_cs_rho2_approx(t_opt: list[float], alpha: float) -> dict[str, Any]:
    return {
        "rho2": [confidence_sequence.rho2_approximate(t, alpha) for t in t_opt],
        "rho2_exact": [confidence_sequence.rho2_exact(t, alpha) for t in t_opt],
    }


def two_arms(
    control: Any,
    treatment: Any,
    n: int | None,
    mean_control: float | None,
    mean_treatment: float | None,
    sd: float | None,
) -> tuple[Moments, Moments]:
    if control is not None:
        sums = ("n", "sum", "sum_squares")
        return Moments.from_sums(*[control[k] for k in sums]), Moments.from_sums(
            *[treatment[k] for k in sums]
        )
    return Moments.from_summary(n, mean_control, sd), Moments.from_summary(n, mean_treatment, sd)  # type: ignore[arg-type]


def estimate(arms: tuple[Moments, Moments], difference: str) -> tuple[float, float, int]:
    """Effect, its error and all clients."""
    a, b = arms
    if difference == "relative":
        return b.mean / a.mean - 1, math.sqrt(sum(relative_squares(a, b))), a.n + b.n
    return b.mean - a.mean, math.sqrt(a.variance / a.n + b.variance / b.n), a.n + b.n


def asymptotic_cs_two_sample(
    alpha: float,
    tuning: float,
    control: Any = None,
    treatment: Any = None,
    difference: str = "absolute",
    n: int | None = None,
    mean_control: float | None = None,
    mean_treatment: float | None = None,
    sd: float | None = None,
) -> dict[str, Any]:
    effect, se, clients = estimate(
        two_arms(control, treatment, n, mean_control, mean_treatment, sd), difference
    )
    found = experiment.always_valid(effect, se, clients, tuned_at=tuning, alpha=alpha, approximate=True)
    return {"effect": effect, "ci": [found.ci_low, found.ci_high], "p": found.pvalue}


def asymptotic_cs_two_sample_one_sided(
    control: Any, treatment: Any, alpha: float, tuning: float
) -> dict[str, Any]:
    answer = {}
    arms = two_arms(control, treatment, None, None, None, None)
    for difference in ("absolute", "relative"):
        effect, se, clients = estimate(arms, difference)
        found = experiment.always_valid(
            effect, se, clients, tuned_at=tuning, alpha=alpha, alternative="one-sided", approximate=True
        )
        answer[difference] = {"effect": effect, "ci_lower": found.ci_low, "p": halved(found.pvalue)}
    return answer


def halved(p: float) -> float:
    """Their p is where twelve halvings of 1e-5 .. 0.4999 end, up to 0.00012 away from the root."""
    low, high = 1e-5, 0.4999
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (low, middle) if middle >= p else (middle, high)
    return middle


ANSWERS = {
    "group_sequential_bounds": group_sequential_bounds,
    "group_sequential_sample_size": group_sequential_sample_size,
    "alpha_spending": alpha_spending,
    "conditional_power": conditional_power,
    "sequential_p_value": sequential_p_value,
    "false_positive_rate_naive_peeking": false_positive_rate_naive_peeking,
    "type_I_error_of_rule": type_I_error_of_rule,
    "msprt_two_sample_normal": msprt,
    "msprt_ci_halfwidth": msprt_ci_halfwidth,
    "normal_mixture_log": normal_mixture_log,
    "normal_mixture_bound": normal_mixture_bound,
    "gamma_exponential_mixture_bound": gamma_exponential_mixture_bound,
    "poly_stitching_bound": poly_stitching_bound,
    "bernoulli_confidence_sequence": bernoulli_confidence_sequence,
    "quantile_confidence_sequence_radius": quantile_confidence_sequence_radius,
    "asymptotic_cs_standard_margin": asymptotic_cs_standard_margin,
    "asymptotic_cs_rho2_approx": asymptotic_cs_rho2_approx,
    "asymptotic_cs_two_sample": asymptotic_cs_two_sample,
    "asymptotic_cs_two_sample_one_sided": asymptotic_cs_two_sample_one_sided,
}
"""By the oracle's name."""
