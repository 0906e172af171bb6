"""Pure statistics of an experiment: sample size, tests, looking early, assignment, plan and verdict; no I/O.

Names are loaded when they are first used: `liftstream sample-size` must not wait for scipy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from liftstream.experiment.assignment import bucket_ranges as bucket_ranges
    from liftstream.experiment.assignment import draw_arm as draw_arm
    from liftstream.experiment.assignment import in_namespace as in_namespace
    from liftstream.experiment.comparison import Comparison as Comparison
    from liftstream.experiment.means import student as student
    from liftstream.experiment.means import welch as welch
    from liftstream.experiment.means import z_test as z_test
    from liftstream.experiment.moments import Moments as Moments
    from liftstream.experiment.moments import merge as merge
    from liftstream.experiment.sample_size import SampleSize as SampleSize
    from liftstream.experiment.sample_size import cluster_design_effect as cluster_design_effect
    from liftstream.experiment.sample_size import solve_effect as solve_effect
    from liftstream.experiment.sample_size import solve_power as solve_power
    from liftstream.experiment.sample_size import solve_sample_size as solve_sample_size
    from liftstream.experiment.sample_size import solve_significance as solve_significance

_NAMES = {
    "assignment": ("bucket_ranges", "draw_arm", "in_namespace"),
    "comparison": ("Comparison",),
    "means": ("student", "welch", "z_test"),
    "moments": ("Moments", "merge"),
    "sample_size": (
        "SampleSize",
        "cluster_design_effect",
        "solve_effect",
        "solve_power",
        "solve_sample_size",
        "solve_significance",
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
