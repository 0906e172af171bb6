"""How the package is asked the oracles' questions about bandits; names and units are theirs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from liftstream.bandits.eta import predictive_log_likelihood
from liftstream.bandits.genetic import keep_best
from liftstream.bandits.off_policy import off_policy_value
from liftstream.bandits.penalty import reward_with_penalty
from liftstream.bandits.policies import schedules
from liftstream.bandits.policies.dynamic import Dynamic, GammaBelief, drift, observe
from liftstream.bandits.policies.epsilon_greedy import epsilon_greedy_propensity
from liftstream.bandits.policies.evidence import Evidence
from liftstream.bandits.policies.forgetting import discount_prior
from liftstream.bandits.policies.probability_best import beta_probability_best, gamma_probability_best
from liftstream.bandits.policies.reference_thompson import ReferenceThompson
from liftstream.bandits.policies.thompson import Thompson
from liftstream.bandits.policies.ucb1 import Ucb1, ucb1_index
from liftstream.bandits.prior import fit_prior, prior_log_likelihood
from liftstream.bandits.regret_bounds import lai_robbins_constant, ucb1_regret_bound


def counted(decisions: Sequence[Any], rewards: Sequence[float]) -> tuple[list[Any], np.ndarray, np.ndarray]:
    """Arms in order of their first appearance by name, their pulls and their sums of rewards."""
    arms = sorted(set(decisions))
    places = [arms.index(arm) for arm in decisions]
    return (
        arms,
        np.bincount(places, minlength=len(arms)).astype(float),
        np.bincount(places, rewards, len(arms)),
    )


def ucb1(decisions: Sequence[Any], rewards: Sequence[float], c: float = 2.0) -> dict[str, Any]:
    arms, pulls, sums = counted(decisions, [Ucb1().check_reward(reward) for reward in rewards])
    index = ucb1_index(sums / pulls, pulls, c)
    return {
        "index": dict(zip(map(str, arms), index.tolist(), strict=True)),
        "choice": arms[int(index.argmax())],
    }


def beta_posterior(
    decisions: Sequence[Any], rewards: Sequence[float], prior: Sequence[float] = (1, 1)
) -> dict[str, Any]:
    policy = Thompson(prior=(prior[0], prior[1]))
    arms, pulls, sums = counted(decisions, [policy.check_reward(reward) for reward in rewards])
    evidence = Evidence.start(policy.first_prior(), pulls.shape)
    evidence.trials, evidence.reward = pulls, sums
    alpha, beta = policy.posterior(evidence)
    names = list(map(str, arms))
    variance = alpha * beta / ((alpha + beta) ** 2 * (alpha + beta + 1))
    return {
        "alpha_beta": {name: [a, b] for name, a, b in zip(names, alpha, beta, strict=True)},
        "mean": dict(zip(names, policy.means(evidence), strict=True)),
        "variance": dict(zip(names, variance, strict=True)),
    }


def group_sums(pairs: Sequence[Sequence[float]], prior: Sequence[float]) -> Evidence:
    """One arm whose quanta are pairs of target and reference."""
    evidence = Evidence.start((prior[0], prior[1]), (1,))
    for target, reference in pairs:
        evidence.reward = evidence.reward + target
        evidence.reference = evidence.reference + reference
    return evidence


def reference_group_beta(prior: Sequence[float], quanta_target_reference: Any) -> dict[str, Any]:
    evidence, policy = group_sums(quanta_target_reference, prior), ReferenceThompson()
    alpha, beta = (float(x[0]) for x in policy.posterior(evidence))
    spread = alpha * (alpha + beta - 1) / ((beta - 2) * (beta - 1) ** 2) if beta > 2 else float("inf")
    return {
        "alpha": alpha,
        "beta": beta,
        "theta_mean": alpha / (alpha + beta),
        "ratio_mean_beta_prime": float(policy.means(evidence)[0]),
        "ratio_variance_beta_prime": spread,
    }


def reference_group_gamma(
    prior_shape_rate: Sequence[float],
    quanta_target_reference: Any,
    target_share: float = 0.5,
    reference_share: float = 0.5,
) -> dict[str, Any]:
    share = reference_share / (target_share + reference_share)
    policy = ReferenceThompson(family="gamma", reference_share=share)
    evidence = group_sums(quanta_target_reference, prior_shape_rate)
    shape, rate = (float(x[0]) for x in policy.posterior(evidence))
    mean = float(policy.means(evidence)[0])
    return {"shape": shape, "rate": rate, "ratio_mean": mean, "ratio_variance": shape / rate**2}


def reference_group_probability_best(prior: Sequence[float], **arms: dict[str, float]) -> dict[str, Any]:
    """Of the first arm named, in both forms."""
    first = [prior[0] + arm["target"] for arm in arms.values()]
    second = [prior[1] + arm["reference"] for arm in arms.values()]
    return {
        "beta_form": beta_probability_best(first, second)[0],
        "gamma_form": gamma_probability_best(first, second)[0],
    }


def dynamic_gamma_poisson(mu0: float, sigma0: float, eta: float, n_r: Any) -> dict[str, Any]:
    policy, trace = Dynamic(mu_0=mu0, sigma_0=sigma0, eta_variance=eta), []  # checks its parameters
    belief = GammaBelief(policy.mu_0, policy.sigma_0**2)
    for n, r in n_r:
        seen = observe(belief, n, r)
        after = drift(seen, eta)
        trace.append(
            {
                "gamma": belief.rate,
                "mu_post": seen.mean,
                "var_post": seen.variance,
                "mu_next": after.mean,
                "var_next": after.variance,
            }
        )
        belief = after
    return {"trace": trace}


def discounted_gamma_poisson(alpha0: float, gamma0: float, delta: float, v_c: Any) -> dict[str, Any]:
    Dynamic(discount=delta)  # checks it
    alpha, gamma, trace = alpha0, gamma0, []
    for v, c in v_c:
        kept_alpha, kept_gamma = discount_prior((alpha, gamma), (0, 0), delta)  # type: ignore[arg-type]
        alpha, gamma = kept_alpha + c, kept_gamma + v
        trace.append({"alpha": alpha, "gamma": gamma, "mean": alpha / gamma, "var": alpha / gamma**2})
    return {"trace": trace}


def discount_as_eta(mu: float, sigma: float, delta: float) -> dict[str, Any]:
    eta = sigma**2 * (1 / delta - 1) / (mu**2 + sigma**2)
    return {"eta": eta, "var_next": drift(GammaBelief(mu, sigma**2), eta).variance}


def prior_loglik(n: Any, r: Any, mu: float, sigma: float) -> dict[str, Any]:
    return {
        "loglik_full": prior_log_likelihood(n, r, mu, sigma),
        "loglik_without_constant": prior_log_likelihood(n, r, mu, sigma, constant=False),
    }


def prior_by_likelihood(n: Any, r: Any) -> dict[str, Any]:
    found = fit_prior(n, r)
    return {
        "mu0": found.mu_0,
        "sigma0": found.sigma_0,
        "effective_sample_size": found.effective_sample_size,
    }


def off_policy(
    reward: Any,
    pscore: Any,
    pi_e_of_logged_action: Any,
    q_hat_logged_action: Any = None,
    q_hat_under_pi_e: Any = None,
    clip: float = 10.0,
) -> dict[str, Any]:
    found = off_policy_value(
        reward,
        pscore,
        pi_e_of_logged_action,
        clip=clip,
        model_of_choice=q_hat_logged_action,
        model_under_target=q_hat_under_pi_e,
    )
    return {**found.to_dict(), "ips_clipped": found.clipped}


def kept(
    configs: dict[str, float], keep: int, population: int, min_pulls: float, pulls: dict[str, float]
) -> dict[str, Any]:
    return keep_best(configs, pulls, keep=keep, population=population, min_pulls=min_pulls).to_dict()


ANSWERS = {
    "ucb1_index": ucb1,
    "ucb1_regret_bound": lambda means, n: {"bound": ucb1_regret_bound(means, n)},
    "lai_robbins_constant": lambda means: {"constant": lai_robbins_constant(means)},
    "epsilon_auer": lambda n, K, c, d: {"epsilon": schedules.epsilon_auer(n, K, c, d)},
    "epsilon_inverse": lambda t, epsilon0: {"epsilon": schedules.epsilon_inverse(t, epsilon0)},
    "epsilon_exponential": lambda n, epsilon0, decay: {
        "epsilon": schedules.epsilon_exponential(n, epsilon0, decay)
    },
    "epsilon_scaled": lambda t, K, c: {"epsilon": schedules.epsilon_scaled(t, K, c)},
    "epsilon_greedy_propensity": lambda means, epsilon: {
        "propensity": epsilon_greedy_propensity(means, epsilon)
    },
    "beta_posterior": beta_posterior,
    "beta_probability_best": lambda alpha_beta: {
        "probability": beta_probability_best(*np.transpose(alpha_beta))
    },
    "reference_group_beta": reference_group_beta,
    "reference_group_gamma": reference_group_gamma,
    "reference_group_probability_best": reference_group_probability_best,
    "dynamic_gamma_poisson": dynamic_gamma_poisson,
    "discounted_gamma_poisson": discounted_gamma_poisson,
    "eta_of_discount": discount_as_eta,
    "prior_log_likelihood": prior_loglik,
    "prior_by_likelihood": prior_by_likelihood,
    "predictive_log_likelihood": lambda n, r, mu0, sigma0, eta: {
        "loglik": float(predictive_log_likelihood(n, r, mu0, sigma0, eta))
    },
    "off_policy": off_policy,
    "reward_with_penalty": lambda time_norm, v, w_r=0.86, w_p=0.14: {
        "score": reward_with_penalty(time_norm, v, w_r, w_p)
    },
    "keep_best": kept,
}
"""By the oracle's name."""
