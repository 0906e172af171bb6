"""How the package is asked the oracles' questions about sample sizes; names and units are theirs."""

import math
from typing import Any

from liftstream import experiment
from liftstream.experiment.arguments import fraction
from liftstream.experiment.numerics import normal
from liftstream.experiment.size.sample_size import whole_clients

GREATER = {"one-sided", "greater", "larger"}
"""The words by which the oracles say that the candidate is expected to be better."""


def sides(alternative: str) -> dict[str, bool]:
    if alternative not in GREATER | {"two-sided"}:
        raise ValueError(f"alternative must be one-sided or two-sided, got {alternative!r}")
    return {"two_sided": alternative == "two-sided"}


def sample_size_mean_z(
    effect: float,
    sigma: float,
    alpha: float,
    power: float,
    alternative: str,
    sigma_treatment: float | None = None,
    ratio: float = 1,
    margin: float = 0,
) -> dict[str, Any]:
    size = experiment.solve_sample_size(
        effect=effect,
        sd=sigma,
        sd_candidate=sigma_treatment,
        alpha=alpha,
        power=power,
        ratio=ratio,
        margin=margin,
        **sides(alternative),
    )
    tail = alpha / (2 if size.alternative == "two-sided" else 1)
    return {
        "n_control": size.exact,
        "n_treatment": size.exact * ratio,
        "n_control_ceil": size.n_original,
        "n_treatment_ceil": size.n_candidate,
        "n_total_ceil": size.n_total,
        "z_alpha": normal.z_of_tail(tail),
        "z_beta": normal.quantile(power),
    }


def sample_size_mean_z_cuped(
    effect: float, sigma: float, alpha: float, power: float, alternative: str, rho: float
) -> dict[str, Any]:
    size = experiment.solve_sample_size(
        effect=effect, sd=sigma, alpha=alpha, power=power, correlation=rho, **sides(alternative)
    )
    return {"n_per_group": size.exact, "n_ceil": size.n_per_arm}


def sample_size_mean_z_standardized(
    alpha: float, power: float, alternative: str, standardized_effects: list[float]
) -> dict[str, Any]:
    sizes = [
        experiment.solve_sample_size(effect=d, sd=1, alpha=alpha, power=power, **sides(alternative))
        for d in standardized_effects
    ]
    return {"n_ceil": [size.n_per_arm for size in sizes], "n_per_group": [size.exact for size in sizes]}


def sample_size_mean_z_relative(
    rows: list[dict[str, float]], alpha: float, power: float, alternative: str
) -> dict[str, Any]:
    sizes = [
        experiment.solve_sample_size(
            relative_effect=row["relative_effect"],
            mean=row["mean"],
            sd=row["sigma"],
            alpha=alpha,
            power=power,
            **sides(alternative),
        )
        for row in rows
    ]
    return {"n_per_group": [size.n_per_arm for size in sizes]}


def sample_size_mean_t(
    effect: float,
    sigma: float,
    alpha: float,
    power: float,
    alternative: str,
    ratio: float = 1,
    count_opposite_tail: bool = True,
) -> dict[str, Any]:
    size = experiment.solve_sample_size(
        effect=effect,
        sd=sigma,
        alpha=alpha,
        power=power,
        ratio=ratio,
        method="t",
        opposite_tail=count_opposite_tail,
        **sides(alternative),
    )
    return {
        "n_control": size.exact,
        "n_treatment": size.exact * ratio,
        "n_control_ceil": size.n_original,
        "n_treatment_ceil": size.n_candidate,
        "n_total_ceil": size.n_total,
    }


def each(value: Any, answer: Any) -> Any:
    return [answer(item) for item in value] if isinstance(value, list) else answer(value)


def power_mean_t(
    alpha: float,
    alternative: str,
    effect: float | None = None,
    sigma: float = 1,
    n_per_group: Any = None,
    d: float | None = None,
    n1: float | None = None,
    n2: float | None = None,
) -> dict[str, Any]:
    def answer(n: float) -> float:
        return experiment.solve_power(
            n=n,
            effect=d if effect is None else effect,
            sd=sigma,
            alpha=alpha,
            ratio=n2 / n1 if n1 and n2 else 1,
            method="t",
            **sides(alternative),
        ).power

    return {"power": each(n1 if n_per_group is None else n_per_group, answer)}


def power_mean_z(
    effect: float, sigma: float, n_per_group: Any, alpha: float, alternative: str
) -> dict[str, Any]:
    """A power curve counts both tails, whatever the sample-size formula leaves out."""
    return {
        "power": each(
            n_per_group,
            lambda n: (
                experiment.solve_power(
                    n=n, effect=effect, sd=sigma, alpha=alpha, opposite_tail=True, **sides(alternative)
                ).power
            ),
        )
    }


def mde(n_per_group: Any, sigma: float, alpha: float, power: float, alternative: str, method: str) -> Any:
    return {
        "effect": each(
            n_per_group,
            lambda n: (
                experiment.solve_effect(
                    n=n, sd=sigma, alpha=alpha, power=power, method=method, **sides(alternative)
                ).effect
            ),
        )
    }


def alpha_mean_z(
    n_per_group: float, effect: float, sigma: float, power: float, alternative: str
) -> dict[str, Any]:
    solved = experiment.solve_significance(
        n=n_per_group, effect=effect, sd=sigma, power=power, **sides(alternative)
    )
    return {"alpha": solved.alpha}


def proportion(rate_variance: str, p_control: float, p_treatment: float, **levels: Any) -> dict[str, Any]:
    size = experiment.solve_sample_size(
        effect=p_treatment - p_control,
        rate=p_control,
        rate_variance=rate_variance,
        alpha=levels["alpha"],
        power=levels["power"],
        **sides(levels["alternative"]),
    )
    return {"n_per_group": size.exact, "n_ceil": size.n_per_arm}


def farrington_manning(
    p_treatment: float,
    p_control: float,
    alpha_one_sided: float,
    power: float,
    ratio: float = 1,
    margin: float = 0,
) -> dict[str, Any]:
    size = experiment.solve_sample_size(
        effect=p_treatment - p_control,
        rate=p_control,
        alpha=alpha_one_sided,
        power=power,
        ratio=ratio,
        margin=margin,
    )
    return {"n_total": size.exact * (1 + ratio)}


def cohens_h(original: float, candidate: float) -> float:
    """Difference of two rates on the arcsine scale, where every rate has the same spread (Cohen 1988)."""
    at = [2 * math.asin(math.sqrt(fraction("rate", share))) for share in (original, candidate)]
    return at[1] - at[0]


def cohen(p1: float, p2: float) -> dict[str, Any]:
    h = cohens_h(p2, p1)
    size = experiment.solve_sample_size(effect=h, sd=1, two_sided=True, opposite_tail=True)
    return {"h": h, "n_2s_80": size.exact}


def significant_digits(x: float, digits: int) -> float:
    return float(f"{x:.{digits}g}")


def rounding_study(
    effect: float, sigma: float, alpha: float, power: float, alternative: str
) -> dict[str, Any]:
    """What the number of clients would be if d or z were rounded first; the package never does."""
    exact = experiment.solve_sample_size(
        effect=effect, sd=sigma, alpha=alpha, power=power, **sides(alternative)
    )
    tail = alpha / (2 if exact.alternative == "two-sided" else 1)
    z_alpha, z_beta, d = normal.z_of_tail(tail), normal.quantile(power), effect / sigma
    study = {"exact": exact.exact}
    for digits in (2, 3, 4, 6, 8):
        rounded = significant_digits(d, digits)
        study[f"d_{digits}sig({rounded})"] = 2 * ((z_alpha + z_beta) / rounded) ** 2
    rules = {f"{digits}sig": (digits, digits) for digits in (3, 4, 6, 8)}
    for name, (first, second) in [*rules.items(), ("textbook", (4, 2)), ("textbook", (4, 3))]:
        a, b = significant_digits(z_alpha, first), significant_digits(z_beta, second)
        study[f"z_{name}({a},{b})"] = 2 * ((a + b) / d) ** 2
    return study


def cluster_design_effect(icc: float, mean_cluster_size: float, n_individual: float) -> dict[str, Any]:
    effect = experiment.cluster_design_effect(icc, mean_cluster_size)
    return {"deff": effect, "n": n_individual * effect, "n_ceil": whole_clients(n_individual * effect)}


ANSWERS = {
    "sample_size_mean_z": sample_size_mean_z,
    "sample_size_mean_z_cuped": sample_size_mean_z_cuped,
    "sample_size_mean_z_standardized": sample_size_mean_z_standardized,
    "sample_size_mean_z_relative": sample_size_mean_z_relative,
    "sample_size_mean_t": sample_size_mean_t,
    "power_mean_t": power_mean_t,
    "power_mean_z": power_mean_z,
    "mde_mean_z": lambda **inputs: mde(method="z", **inputs),
    "mde_mean_t": lambda **inputs: mde(method="t", **inputs),
    "alpha_mean_z": alpha_mean_z,
    "sample_size_proportion_pooled": lambda **inputs: proportion("pooled", **inputs),
    "sample_size_proportion_unpooled": lambda **inputs: proportion("unpooled", **inputs),
    "sample_size_proportion_farrington_manning": farrington_manning,
    "cohens_h": cohen,
    "rounding_study": rounding_study,
    "cluster_design_effect": cluster_design_effect,
}
"""By the oracle's name."""
