"""Bandits: policies that choose among arms and learn, environments to compare them in, and what logs say of other
policies; no I/O.

Names are loaded when they are first used.
"""

from typing import TYPE_CHECKING

from liftstream.contracts.lazy_names import lazy_names

if TYPE_CHECKING:
    from liftstream.bandits.arm_estimate import ArmEstimate as ArmEstimate
    from liftstream.bandits.bandit import Bandit as Bandit
    from liftstream.bandits.bandit import Slot as Slot
    from liftstream.bandits.configurations import Choice as Choice
    from liftstream.bandits.configurations import Range as Range
    from liftstream.bandits.configurations import draw_configuration as draw_configuration
    from liftstream.bandits.environments.drift import Drift as Drift
    from liftstream.bandits.environments.replay import Replay as Replay
    from liftstream.bandits.environments.season import Season as Season
    from liftstream.bandits.environments.stationary import Stationary as Stationary
    from liftstream.bandits.environments.stationary import Turnover as Turnover
    from liftstream.bandits.eta import Eta as Eta
    from liftstream.bandits.eta import fit_eta as fit_eta
    from liftstream.bandits.eta import predictive_log_likelihood as predictive_log_likelihood
    from liftstream.bandits.genetic import Generation as Generation
    from liftstream.bandits.genetic import genetic_step as genetic_step
    from liftstream.bandits.genetic import keep_best as keep_best
    from liftstream.bandits.off_policy import OffPolicyValue as OffPolicyValue
    from liftstream.bandits.off_policy import bootstrap_interval as bootstrap_interval
    from liftstream.bandits.off_policy import effective_sample_size as effective_sample_size
    from liftstream.bandits.off_policy import off_policy_value as off_policy_value
    from liftstream.bandits.off_policy import replay_value as replay_value
    from liftstream.bandits.penalty import reward_with_penalty as reward_with_penalty
    from liftstream.bandits.penalty import score_parts as score_parts
    from liftstream.bandits.policies.dynamic import Dynamic as Dynamic
    from liftstream.bandits.policies.epsilon_greedy import EpsilonDecreasing as EpsilonDecreasing
    from liftstream.bandits.policies.epsilon_greedy import EpsilonGreedy as EpsilonGreedy
    from liftstream.bandits.policies.named import PolicyError as PolicyError
    from liftstream.bandits.policies.named import make_policy as make_policy
    from liftstream.bandits.policies.named import parse_policy as parse_policy
    from liftstream.bandits.policies.policy import Policy as Policy
    from liftstream.bandits.policies.probability_best import beta_probability_best as beta_probability_best
    from liftstream.bandits.policies.probability_best import gamma_probability_best as gamma_probability_best
    from liftstream.bandits.policies.reference_thompson import ReferenceThompson as ReferenceThompson
    from liftstream.bandits.policies.thompson import Thompson as Thompson
    from liftstream.bandits.policies.ucb1 import Ucb1 as Ucb1
    from liftstream.bandits.prior import Prior as Prior
    from liftstream.bandits.prior import fit_prior as fit_prior
    from liftstream.bandits.prior import prior_log_likelihood as prior_log_likelihood
    from liftstream.bandits.quantum import FrozenChoice as FrozenChoice
    from liftstream.bandits.quantum import freeze_choice as freeze_choice
    from liftstream.bandits.regret_bounds import kl_bernoulli as kl_bernoulli
    from liftstream.bandits.regret_bounds import lai_robbins_constant as lai_robbins_constant
    from liftstream.bandits.regret_bounds import ucb1_regret_bound as ucb1_regret_bound
    from liftstream.bandits.simulation import RegretCurve as RegretCurve
    from liftstream.bandits.simulation import simulate as simulate
    from liftstream.bandits.target_policy import progressive_propensities as progressive_propensities

_NAMES = {
    "arm_estimate": ("ArmEstimate",),
    "bandit": ("Bandit", "Slot"),
    "configurations": ("Choice", "Range", "draw_configuration"),
    "environments.drift": ("Drift",),
    "environments.replay": ("Replay",),
    "environments.season": ("Season",),
    "environments.stationary": ("Stationary", "Turnover"),
    "eta": ("Eta", "fit_eta", "predictive_log_likelihood"),
    "genetic": ("Generation", "genetic_step", "keep_best"),
    "off_policy": (
        "OffPolicyValue",
        "bootstrap_interval",
        "effective_sample_size",
        "off_policy_value",
        "replay_value",
    ),
    "penalty": ("reward_with_penalty", "score_parts"),
    "policies.dynamic": ("Dynamic",),
    "policies.epsilon_greedy": ("EpsilonDecreasing", "EpsilonGreedy"),
    "policies.named": ("PolicyError", "make_policy", "parse_policy"),
    "policies.policy": ("Policy",),
    "policies.probability_best": ("beta_probability_best", "gamma_probability_best"),
    "policies.reference_thompson": ("ReferenceThompson",),
    "policies.thompson": ("Thompson",),
    "policies.ucb1": ("Ucb1",),
    "prior": ("Prior", "fit_prior", "prior_log_likelihood"),
    "quantum": ("FrozenChoice", "freeze_choice"),
    "regret_bounds": ("kl_bernoulli", "lai_robbins_constant", "ucb1_regret_bound"),
    "simulation": ("RegretCurve", "simulate"),
    "target_policy": ("progressive_propensities",),
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _NAMES)
