"""Pure statistics of an experiment: sample size, tests, looking early, assignment, plan and verdict; no I/O.

Names are loaded when they are first used: `liftstream sample-size` must not wait for scipy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liftstream.experiment.assignment import bucket_ranges as bucket_ranges
    from liftstream.experiment.assignment import draw_arm as draw_arm
    from liftstream.experiment.assignment import in_namespace as in_namespace
    from liftstream.experiment.candidate_verdict import CandidateVerdict as CandidateVerdict
    from liftstream.experiment.check import Check as Check
    from liftstream.experiment.coherence import Problem as Problem
    from liftstream.experiment.coherence import check_plan as check_plan
    from liftstream.experiment.comparison import Comparison as Comparison
    from liftstream.experiment.confidence_sequence import AlwaysValid as AlwaysValid
    from liftstream.experiment.confidence_sequence import RunningSequence as RunningSequence
    from liftstream.experiment.confidence_sequence import always_valid as always_valid
    from liftstream.experiment.covariate import cuped as cuped
    from liftstream.experiment.ledger import Ledger as Ledger
    from liftstream.experiment.ledger import Look as Look
    from liftstream.experiment.ledger import take_look as take_look
    from liftstream.experiment.means import student as student
    from liftstream.experiment.means import welch as welch
    from liftstream.experiment.means import z_test as z_test
    from liftstream.experiment.moments import Moments as Moments
    from liftstream.experiment.moments import merge as merge
    from liftstream.experiment.pair_moments import PairMoments as PairMoments
    from liftstream.experiment.pair_moments import merge_pairs as merge_pairs
    from liftstream.experiment.plans import Plan as Plan
    from liftstream.experiment.plans import plan as plan
    from liftstream.experiment.sample_ratio import check_sample_ratio as check_sample_ratio
    from liftstream.experiment.sample_size import SampleSize as SampleSize
    from liftstream.experiment.sample_size import cluster_design_effect as cluster_design_effect
    from liftstream.experiment.sample_size import solve_effect as solve_effect
    from liftstream.experiment.sample_size import solve_power as solve_power
    from liftstream.experiment.sample_size import solve_sample_size as solve_sample_size
    from liftstream.experiment.sample_size import solve_significance as solve_significance
    from liftstream.experiment.sequential_design import GroupSequential as GroupSequential
    from liftstream.experiment.sequential_design import group_sequential as group_sequential
    from liftstream.experiment.verdicts import Verdict as Verdict
    from liftstream.experiment.verdicts import verdict as verdict

_NAMES = {
    "assignment": (
        "bucket_ranges",
        "draw_arm",
        "in_namespace",
    ),
    "candidate_verdict": ("CandidateVerdict",),
    "check": ("Check",),
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
    "moments": (
        "Moments",
        "merge",
    ),
    "pair_moments": (
        "PairMoments",
        "merge_pairs",
    ),
    "plans": (
        "Plan",
        "plan",
    ),
    "sample_ratio": ("check_sample_ratio",),
    "sample_size": (
        "SampleSize",
        "cluster_design_effect",
        "solve_effect",
        "solve_power",
        "solve_sample_size",
        "solve_significance",
    ),
    "sequential_design": (
        "GroupSequential",
        "group_sequential",
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
