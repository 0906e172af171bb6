"""Pure statistics of an experiment: sample size, tests, looking early, assignment, plan and verdict; no I/O.

Names are loaded when they are first used: `liftstream sample-size` must not wait for scipy.
"""

from typing import TYPE_CHECKING

from liftstream.contracts.lazy_names import lazy_names

if TYPE_CHECKING:
    from liftstream.experiment.anytime.confidence_sequence import AlwaysValid as AlwaysValid
    from liftstream.experiment.anytime.confidence_sequence import RunningSequence as RunningSequence
    from liftstream.experiment.anytime.confidence_sequence import always_valid as always_valid
    from liftstream.experiment.anytime.msprt import msprt as msprt
    from liftstream.experiment.anytime.rate_sequence import rate_sequence as rate_sequence
    from liftstream.experiment.assignment.assignment import bucket_ranges as bucket_ranges
    from liftstream.experiment.assignment.assignment import draw_arm as draw_arm
    from liftstream.experiment.assignment.assignment import in_namespace as in_namespace
    from liftstream.experiment.checks.check import Check as Check
    from liftstream.experiment.checks.guards import check_balance as check_balance
    from liftstream.experiment.checks.guards import check_clients as check_clients
    from liftstream.experiment.checks.guards import check_heavy_tail as check_heavy_tail
    from liftstream.experiment.checks.guards import check_largest as check_largest
    from liftstream.experiment.checks.sample_ratio import check_sample_ratio as check_sample_ratio
    from liftstream.experiment.checks.sample_ratio import watch_sample_ratio as watch_sample_ratio
    from liftstream.experiment.compare.bayes import Belief as Belief
    from liftstream.experiment.compare.bayes import believe_mean as believe_mean
    from liftstream.experiment.compare.bayes import believe_rates as believe_rates
    from liftstream.experiment.compare.bayes import probability_best as probability_best
    from liftstream.experiment.compare.comparison import Comparison as Comparison
    from liftstream.experiment.compare.cuped import cuped as cuped
    from liftstream.experiment.compare.equivalence import non_inferior as non_inferior
    from liftstream.experiment.compare.equivalence import tost as tost
    from liftstream.experiment.compare.mann_whitney import mann_whitney as mann_whitney
    from liftstream.experiment.compare.means import paired as paired
    from liftstream.experiment.compare.means import student as student
    from liftstream.experiment.compare.means import welch as welch
    from liftstream.experiment.compare.means import z_test as z_test
    from liftstream.experiment.compare.multiplicity import adjust as adjust
    from liftstream.experiment.compare.proportions import agresti_coull as agresti_coull
    from liftstream.experiment.compare.proportions import newcombe as newcombe
    from liftstream.experiment.compare.proportions import pooled_z as pooled_z
    from liftstream.experiment.compare.proportions import wald as wald
    from liftstream.experiment.compare.proportions import wilson as wilson
    from liftstream.experiment.compare.quantile_difference import quantile_difference as quantile_difference
    from liftstream.experiment.compare.quantiles import cap as cap
    from liftstream.experiment.compare.quantiles import quantile_interval as quantile_interval
    from liftstream.experiment.compare.quantiles import winsorize as winsorize
    from liftstream.experiment.compare.rate_tests import barnard as barnard
    from liftstream.experiment.compare.rate_tests import boschloo as boschloo
    from liftstream.experiment.compare.rate_tests import fisher as fisher
    from liftstream.experiment.compare.rate_tests import log_likelihood as log_likelihood
    from liftstream.experiment.compare.rate_tests import score as score
    from liftstream.experiment.compare.rate_tests import yates as yates
    from liftstream.experiment.compare.ratio_metrics import ratio_relative_delta as ratio_relative_delta
    from liftstream.experiment.compare.ratio_metrics import ratio_relative_log as ratio_relative_log
    from liftstream.experiment.compare.ratio_metrics import ratio_welch as ratio_welch
    from liftstream.experiment.compare.regression import ancova as ancova
    from liftstream.experiment.compare.relative import fieller as fieller
    from liftstream.experiment.compare.relative import relative_delta as relative_delta
    from liftstream.experiment.compare.relative import relative_log as relative_log
    from liftstream.experiment.compare.segments import cochran_q as cochran_q
    from liftstream.experiment.compare.segments import heterogeneity as heterogeneity
    from liftstream.experiment.compare.segments import interaction as interaction
    from liftstream.experiment.compare.segments import post_stratified as post_stratified
    from liftstream.experiment.data.client_data import ClientData as ClientData
    from liftstream.experiment.data.client_data import read_clients as read_clients
    from liftstream.experiment.data.wide import from_wide as from_wide
    from liftstream.experiment.metrics.metric import Metric as Metric
    from liftstream.experiment.metrics.results import MetricReport as MetricReport
    from liftstream.experiment.metrics.results import MetricResult as MetricResult
    from liftstream.experiment.metrics.scorecard import analyze_metrics as analyze_metrics
    from liftstream.experiment.metrics.simulated import simulate_metric as simulate_metric
    from liftstream.experiment.moments import Moments as Moments
    from liftstream.experiment.moments import merge as merge
    from liftstream.experiment.pair_moments import PairMoments as PairMoments
    from liftstream.experiment.pair_moments import merge_pairs as merge_pairs
    from liftstream.experiment.report.analysis import analyze as analyze
    from liftstream.experiment.report.report import Report as Report
    from liftstream.experiment.sequential.progress import chances as chances
    from liftstream.experiment.sequential.progress import sequential_p as sequential_p
    from liftstream.experiment.sequential.sequential_design import GroupSequential as GroupSequential
    from liftstream.experiment.sequential.sequential_design import group_sequential as group_sequential
    from liftstream.experiment.size.sample_size import SampleSize as SampleSize
    from liftstream.experiment.size.sample_size import cluster_design_effect as cluster_design_effect
    from liftstream.experiment.size.sample_size import solve_effect as solve_effect
    from liftstream.experiment.size.sample_size import solve_power as solve_power
    from liftstream.experiment.size.sample_size import solve_ratio as solve_ratio
    from liftstream.experiment.size.sample_size import solve_sample_size as solve_sample_size
    from liftstream.experiment.size.sample_size import solve_significance as solve_significance
    from liftstream.experiment.trial.candidate_verdict import CandidateVerdict as CandidateVerdict
    from liftstream.experiment.trial.ledger import Ledger as Ledger
    from liftstream.experiment.trial.ledger import Look as Look
    from liftstream.experiment.trial.ledger import take_look as take_look
    from liftstream.experiment.trial.make_plan import plan as plan
    from liftstream.experiment.trial.plan_check import Problem as Problem
    from liftstream.experiment.trial.plan_check import check_plan as check_plan
    from liftstream.experiment.trial.plans import Plan as Plan
    from liftstream.experiment.trial.replay import replay_looks as replay_looks
    from liftstream.experiment.trial.simulation import Simulated as Simulated
    from liftstream.experiment.trial.simulation import simulate as simulate
    from liftstream.experiment.trial.verdicts import Verdict as Verdict
    from liftstream.experiment.trial.verdicts import verdict as verdict
    from liftstream.experiment.uplift.area import CurveArea as CurveArea
    from liftstream.experiment.uplift.area import auuc as auuc
    from liftstream.experiment.uplift.area import qini as qini
    from liftstream.experiment.uplift.at_k import UpliftAtK as UpliftAtK
    from liftstream.experiment.uplift.at_k import uplift_at_k as uplift_at_k
    from liftstream.experiment.uplift.compatibility import causalml_auuc as causalml_auuc
    from liftstream.experiment.uplift.compatibility import causalml_qini as causalml_qini
    from liftstream.experiment.uplift.compatibility import scikit_uplift_at_k as scikit_uplift_at_k
    from liftstream.experiment.uplift.compatibility import scikit_uplift_auuc as scikit_uplift_auuc
    from liftstream.experiment.uplift.compatibility import scikit_uplift_qini as scikit_uplift_qini
    from liftstream.experiment.uplift.curves import UpliftCurve as UpliftCurve
    from liftstream.experiment.uplift.curves import perfect_curve as perfect_curve
    from liftstream.experiment.uplift.curves import uplift_curve as uplift_curve
    from liftstream.experiment.uplift.profit import ProfitCurve as ProfitCurve
    from liftstream.experiment.uplift.profit import uplift_profit as uplift_profit

_NAMES = {
    "report.analysis": ("analyze",),
    "report.report": ("Report",),
    "assignment.assignment": ("bucket_ranges", "draw_arm", "in_namespace"),
    "compare.bayes": ("Belief", "believe_mean", "believe_rates", "probability_best"),
    "trial.candidate_verdict": ("CandidateVerdict",),
    "checks.check": ("Check",),
    "data.client_data": ("ClientData", "read_clients"),
    "trial.plan_check": ("Problem", "check_plan"),
    "compare.comparison": ("Comparison",),
    "anytime.confidence_sequence": ("AlwaysValid", "RunningSequence", "always_valid"),
    "compare.cuped": ("cuped",),
    "compare.equivalence": ("non_inferior", "tost"),
    "checks.guards": ("check_balance", "check_clients", "check_heavy_tail", "check_largest"),
    "trial.ledger": ("Ledger", "Look", "take_look"),
    "compare.means": ("paired", "student", "welch", "z_test"),
    "anytime.msprt": ("msprt",),
    "moments": ("Moments", "merge"),
    "compare.multiplicity": ("adjust",),
    "pair_moments": ("PairMoments", "merge_pairs"),
    "trial.make_plan": ("plan",),
    "trial.plans": ("Plan",),
    "sequential.progress": ("chances", "sequential_p"),
    "compare.proportions": ("agresti_coull", "newcombe", "pooled_z", "wald", "wilson"),
    "compare.quantiles": ("cap", "quantile_interval", "winsorize"),
    "compare.mann_whitney": ("mann_whitney",),
    "anytime.rate_sequence": ("rate_sequence",),
    "compare.ratio_metrics": ("ratio_relative_delta", "ratio_relative_log", "ratio_welch"),
    "compare.regression": ("ancova",),
    "compare.relative": ("fieller", "relative_delta", "relative_log"),
    "trial.replay": ("replay_looks",),
    "checks.sample_ratio": ("check_sample_ratio", "watch_sample_ratio"),
    "size.sample_size": (
        "SampleSize",
        "cluster_design_effect",
        "solve_effect",
        "solve_power",
        "solve_ratio",
        "solve_sample_size",
        "solve_significance",
    ),
    "compare.segments": ("cochran_q", "heterogeneity", "interaction", "post_stratified"),
    "sequential.sequential_design": ("GroupSequential", "group_sequential"),
    "trial.simulation": ("Simulated", "simulate"),
    "compare.quantile_difference": ("quantile_difference",),
    "compare.rate_tests": ("barnard", "boschloo", "fisher", "log_likelihood", "score", "yates"),
    "data.wide": ("from_wide",),
    "metrics.simulated": ("simulate_metric",),
    "metrics.metric": ("Metric",),
    "metrics.results": ("MetricReport", "MetricResult"),
    "metrics.scorecard": ("analyze_metrics",),
    "trial.verdicts": ("Verdict", "verdict"),
    "uplift.area": ("CurveArea", "auuc", "qini"),
    "uplift.at_k": ("UpliftAtK", "uplift_at_k"),
    "uplift.compatibility": (
        "causalml_auuc",
        "causalml_qini",
        "scikit_uplift_at_k",
        "scikit_uplift_auuc",
        "scikit_uplift_qini",
    ),
    "uplift.curves": ("UpliftCurve", "perfect_curve", "uplift_curve"),
    "uplift.profit": ("ProfitCurve", "uplift_profit"),
}
__getattr__, __dir__, __all__ = lazy_names(__name__, _NAMES)
