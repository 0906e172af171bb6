"""The checks of a live bandit: a guard that falls while the objective rises, groups that are not as planned, lost
feedback."""

from collections.abc import Mapping, Sequence

from liftstream.experiment import Check, watch_sample_ratio
from liftstream.platform.bandits.running.live import LiveBandit
from liftstream.platform.bandits.running.ratio import Ratio
from liftstream.service.pages.formatting import change_of, percent

LATE_MANY = 0.05
"""Largest share of outcomes after the attribution time that needs no warning."""


def checks_of(live: LiveBandit, ratios: Sequence[Ratio], records: Mapping[str, int]) -> list[Check]:
    """All checks of a bandit.

    Args:
        ratios: of the objective and the guards, in this order; empty without a reference group.
        records: counts by "kind reason".
    """
    found = [_check_guard(ratios[0], guard) for guard in ratios[1:]]
    if ratios:
        found.append(_check_groups(live))
    return [*found, _check_feedback(records)]


def _check_guard(objective: Ratio, guard: Ratio) -> Check:
    name = f"guard {guard.outcome}"
    if guard.ci_high is None or guard.ci_low is None or guard.ratio is None:
        return Check(name, "ok", "too few outcomes to tell")
    numbers = {"ratio": guard.ratio, "ci_low": guard.ci_low, "ci_high": guard.ci_high}
    said = change_of(guard.ratio, guard.ci_low, guard.ci_high)
    if guard.ci_high >= 1:
        return Check(name, "ok", f"{guard.outcome}: {said} compared with the reference group", numbers)
    rises = objective.ci_low is not None and objective.ci_low > 1
    while_ = f"{objective.outcome} rises while {guard.outcome} falls" if rises else f"{guard.outcome} falls"
    return Check(name, "alarm", f"{while_}: {said} compared with the reference group", numbers)


def _check_groups(live: LiveBandit) -> Check:
    share = live.definition.reference_share
    counts = {"target": live.units("target"), "reference": live.units("reference")}
    if sum(counts.values()) == 0:
        return Check("groups as planned", "ok", "no unit yet")
    found = watch_sample_ratio([counts], {"target": 1 - share, "reference": share})
    return Check("groups as planned", found.status, found.sentence, found.numbers)


def _check_feedback(records: Mapping[str, int]) -> Check:
    late, counted = records.get("outcome late", 0), records.get("outcome counted", 0)
    share = late / max(1, late + counted)
    numbers = {"late": float(late), "late_share": share}
    if share > LATE_MANY:
        said = f"{late:,} outcomes ({percent(share, 2)}) came after the attribution time and changed nothing; make it longer"
        return Check("outcomes in time", "warning", said, numbers)
    return Check("outcomes in time", "ok", f"{late:,} outcomes came after the attribution time", numbers)
