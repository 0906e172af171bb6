"""Pure statistics of an experiment: sample size, tests, looking early, assignment, plan and verdict; no I/O.

Names are loaded when they are first used: `liftstream sample-size` must not wait for scipy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liftstream.experiment.analysis import Report as Report
    from liftstream.experiment.analysis import analyze as analyze
    from liftstream.experiment.assignment import bucket_ranges as bucket_ranges
    from liftstream.experiment.assignment import draw_arm as draw_arm
    from liftstream.experiment.assignment import in_namespace as in_namespace
    from liftstream.experiment.bayes import Belief as Belief
    from liftstream.experiment.bayes import believe_mean as believe_mean
    from liftstream.experiment.bayes import believe_rates as believe_rates
    from liftstream.experiment.bayes import probability_best as probability_best
    from liftstream.experiment.bernoulli import rate_sequence as rate_sequence
    from liftstream.experiment.candidate_verdict import CandidateVerdict as CandidateVerdict
    from liftstream.experiment.check import Check as Check
    from liftstream.experiment.client_data import ClientData as ClientData
    from liftstream.experiment.client_data import read_clients as read_clients
    from liftstream.experiment.coherence import Problem as Problem
    from liftstream.experiment.coherence import check_plan as check_plan
    from liftstream.experiment.comparison import Comparison as Comparison
    from liftstream.experiment.confidence_sequence import AlwaysValid as AlwaysValid
    from liftstream.experiment.confidence_sequence import RunningSequence as RunningSequence
    from liftstream.experiment.confidence_sequence import always_valid as always_valid
    from liftstream.experiment.covariate import cuped as cuped
    from liftstream.experiment.equivalence import non_inferior as non_inferior
    from liftstream.experiment.equivalence import tost as tost
    from liftstream.experiment.guards import check_balance as check_balance
    from liftstream.experiment.guards import check_clients as check_clients
    from liftstream.experiment.guards import check_heavy_tail as check_heavy_tail
    from liftstream.experiment.guards import check_largest as check_largest
    from liftstream.experiment.ledger import Ledger as Ledger
    from liftstream.experiment.ledger import Look as Look
    from liftstream.experiment.ledger import take_look as take_look
    from liftstream.experiment.means import student as student
    from liftstream.experiment.means import welch as welch
    from liftstream.experiment.means import z_test as z_test
    from liftstream.experiment.mixture_test import msprt as msprt
    from liftstream.experiment.moments import Moments as Moments
    from liftstream.experiment.moments import merge as merge
    from liftstream.experiment.multiplicity import adjust as adjust
    from liftstream.experiment.pair_moments import PairMoments as PairMoments
    from liftstream.experiment.pair_moments import merge_pairs as merge_pairs
    from liftstream.experiment.plans import Plan as Plan
    from liftstream.experiment.plans import plan as plan
    from liftstream.experiment.progress import chances as chances
    from liftstream.experiment.progress import sequential_p as sequential_p
    from liftstream.experiment.proportions import agresti_coull as agresti_coull
    from liftstream.experiment.proportions import newcombe as newcombe
    from liftstream.experiment.proportions import pooled_z as pooled_z
    from liftstream.experiment.proportions import wald as wald
    from liftstream.experiment.proportions import wilson as wilson
    from liftstream.experiment.quantiles import cap as cap
    from liftstream.experiment.quantiles import quantile_interval as quantile_interval
    from liftstream.experiment.quantiles import winsorize as winsorize
    from liftstream.experiment.ranks import mann_whitney as mann_whitney
    from liftstream.experiment.ratio_metrics import ratio_relative_delta as ratio_relative_delta
    from liftstream.experiment.ratio_metrics import ratio_relative_log as ratio_relative_log
    from liftstream.experiment.ratio_metrics import ratio_welch as ratio_welch
    from liftstream.experiment.regression import ancova as ancova
    from liftstream.experiment.relative import fieller as fieller
    from liftstream.experiment.relative import relative_delta as relative_delta
    from liftstream.experiment.relative import relative_log as relative_log
    from liftstream.experiment.replay import replay_looks as replay_looks
    from liftstream.experiment.sample_ratio import check_sample_ratio as check_sample_ratio
    from liftstream.experiment.sample_ratio import watch_sample_ratio as watch_sample_ratio
    from liftstream.experiment.sample_size import SampleSize as SampleSize
    from liftstream.experiment.sample_size import cluster_design_effect as cluster_design_effect
    from liftstream.experiment.sample_size import solve_effect as solve_effect
    from liftstream.experiment.sample_size import solve_power as solve_power
    from liftstream.experiment.sample_size import solve_ratio as solve_ratio
    from liftstream.experiment.sample_size import solve_sample_size as solve_sample_size
    from liftstream.experiment.sample_size import solve_significance as solve_significance
    from liftstream.experiment.segments import cochran_q as cochran_q
    from liftstream.experiment.segments import heterogeneity as heterogeneity
    from liftstream.experiment.segments import interaction as interaction
    from liftstream.experiment.segments import post_stratified as post_stratified
    from liftstream.experiment.sequential_design import GroupSequential as GroupSequential
    from liftstream.experiment.sequential_design import group_sequential as group_sequential
    from liftstream.experiment.simulation import Simulated as Simulated
    from liftstream.experiment.simulation import simulate as simulate
    from liftstream.experiment.verdicts import Verdict as Verdict
    from liftstream.experiment.verdicts import verdict as verdict

_NAMES = {
    "analysis": (
        "Report",
        "analyze",
    ),
    "assignment": (
        "bucket_ranges",
        "draw_arm",
        "in_namespace",
    ),
    "bayes": (
        "Belief",
        "believe_mean",
        "believe_rates",
        "probability_best",
    ),
    "candidate_verdict": ("CandidateVerdict",),
    "check": ("Check",),
    "client_data": (
        "ClientData",
        "read_clients",
    ),
    "coherence": (
        "Problem",
        "check_plan",
    ),
    "comparison": ("Comparison",),
    "confidence_sequence": (
        "AlwaysValid",
        "RunningSequence",
        "always_valid",
    ),
    "covariate": ("cuped",),
    "equivalence": (
        "non_inferior",
        "tost",
    ),
    "guards": (
        "check_balance",
        "check_clients",
        "check_heavy_tail",
        "check_largest",
    ),
    "ledger": (
        "Ledger",
        "Look",
        "take_look",
    ),
    "means": (
        "student",
        "welch",
        "z_test",
    ),
    "mixture_test": ("msprt",),
    "moments": (
        "Moments",
        "merge",
    ),
    "multiplicity": ("adjust",),
    "pair_moments": (
        "PairMoments",
        "merge_pairs",
    ),
    "plans": (
        "Plan",
        "plan",
    ),
    "progress": (
        "chances",
        "sequential_p",
    ),
    "proportions": (
        "agresti_coull",
        "newcombe",
        "pooled_z",
        "wald",
        "wilson",
    ),
    "quantiles": (
        "cap",
        "quantile_interval",
        "winsorize",
    ),
    "ranks": ("mann_whitney",),
    "bernoulli": ("rate_sequence",),
    "ratio_metrics": (
        "ratio_relative_delta",
        "ratio_relative_log",
        "ratio_welch",
    ),
    "regression": ("ancova",),
    "relative": (
        "fieller",
        "relative_delta",
        "relative_log",
    ),
    "replay": ("replay_looks",),
    "sample_ratio": (
        "check_sample_ratio",
        "watch_sample_ratio",
    ),
    "sample_size": (
        "SampleSize",
        "cluster_design_effect",
        "solve_effect",
        "solve_power",
        "solve_ratio",
        "solve_sample_size",
        "solve_significance",
    ),
    "segments": (
        "cochran_q",
        "heterogeneity",
        "interaction",
        "post_stratified",
    ),
    "sequential_design": (
        "GroupSequential",
        "group_sequential",
    ),
    "simulation": (
        "Simulated",
        "simulate",
    ),
    "verdicts": (
        "Verdict",
        "verdict",
    ),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
