"""What to do now, in words; and what ordinary p-values would be worth after so many looks."""

import math
from collections.abc import Sequence

from liftstream.experiment.numerics import normal
from liftstream.experiment.sequential.progress import chances
from liftstream.experiment.sequential.sequential_bounds import error_of_rule
from liftstream.experiment.trial.guard_verdicts import GuardVerdict
from liftstream.experiment.trial.ledger import Ledger
from liftstream.experiment.trial.plans import Plan
from liftstream.experiment.trial.sentences import candidate_name
from liftstream.experiment.trial.verdicts import Verdict


def advise(plan: Plan, found: Verdict, ledger: Ledger) -> str:
    """One or two sentences."""
    if found.status == "alarm":
        return "Do not decide yet: correct what the checks report, and begin again."
    if found.verdict == "running":
        return f"{_broken_so_far(found)}{_go_on(plan, found, ledger)}"
    who = candidate_name(plan, found.leading)
    return {
        "improves": _roll_out(found, who),
        "harms": "Keep the original.",
        "no improvement": f"Keep the original. {_missed(plan, found)}",
        "stopped": "Keep the original, or begin again with a plan that can be finished.",
    }[found.verdict]


def _roll_out(found: Verdict, who: str) -> str:
    """What an improvement is worth beside the guards."""
    if found.broken:
        return (
            f"Do not roll out {who} as it is: it breaks {_named(found.broken)}. Correct that, and test again."
        )
    unsure = [one for one in found.guards if one.candidate == found.leading and one.verdict != "holds"]
    if unsure:
        return (
            f"Roll out {who} only if a loss in {_named(unsure)} by more than the margin is acceptable: it was not excluded; "
            "more clients would show it."
        )
    return f"Roll out {who} to all clients."


def _broken_so_far(found: Verdict) -> str:
    if not found.broken:
        return ""
    return f"A guard broke: {_named(found.broken)} got worse, and more than chance explains. Stop, unless you accept that. "


def _named(guards: Sequence[GuardVerdict]) -> str:
    return " and ".join(one.guard for one in guards)


def _missed(plan: Plan, found: Verdict) -> str:
    if found.ci_high is None:
        return ""
    if found.to_plan == "below":
        return f"An improvement of {plan.metric.change(plan.effect)} is unlikely."
    return f"An improvement of up to {plan.metric.change(found.ci_high, beside=(found.ci_low, found.effect))} is still possible; only a larger experiment can show it."


def _go_on(plan: Plan, found: Verdict, ledger: Ledger) -> str:
    coming = [clients for clients in plan.look_clients if clients > found.n_total]
    if not coming:
        return "Take the last look: the planned clients are here."
    said = f"Go on: the next look is at {coming[0]:,} clients, {coming[0] - found.n_total:,} from now."
    look = len(ledger.looks)
    if not 1 <= look < len(plan.times) or plan.futility:
        return said
    z = ledger.looks[-1].candidates[found.leading].z
    odds = chances(plan.design, look, z)
    return f"{said} If the effect is as observed, the probability that a later look proves it is {_percent(odds.at_estimate)}."


def peeking_sentence(plan: Plan, ledger: Ledger) -> str:
    """What an ordinary p-value, asked at every look that was taken, would be wrong."""
    if len(ledger.looks) < 2:
        return ""
    name = plan.candidates[0]
    times = [look.candidates[name].information for look in ledger.looks]
    return peeking(times, plan.alpha, plan.two_sided)


def peeking(times: list[float], alpha: float, two_sided: bool) -> str:
    """The sentence for looks at these shares of information."""
    z = normal.z_of_tail(alpha / (2 if two_sided else 1))
    error = error_of_rule(times, [z] * len(times), two_sided)
    return (
        f"After {len(times)} interim analyses an ordinary {'two' if two_sided else 'one'}-sided p-value would be "
        f"wrong {_percent(error)} of the time instead of {_percent(alpha)}."
    )


def _percent(share: float) -> str:
    digits = max(0, 1 - math.floor(math.log10(100 * share))) if share < 0.1 else 0
    return f"{100 * share:.{digits}f}".rstrip("0").rstrip(".") + " %" if digits else f"{100 * share:.0f} %"
