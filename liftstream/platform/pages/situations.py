"""The look of each situation of an experiment, and explanations of the checks.

The sentences about results are not here: they come from `liftstream.experiment`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode

from liftstream.platform.documents.experiment import ExperimentSummary
from liftstream.platform.documents.experiment_parts.plan import PlanDocument, PlannedGuardDocument
from liftstream.platform.documents.experiment_parts.verdict import GuardDocument
from liftstream.platform.pages.units import change
from liftstream.platform.planning.form import measures_of_plan


class Sign(NamedTuple):
    """How something appears: a word, and a shape and a colour that mean the same on every page."""

    word: str
    mark: str
    """A shape of the macro `mark`: `ring`, `dot`, `triangle`, `octagon`, `tick`, `cross`, `bar`, `square`."""
    tone: str
    """A class of the style sheet: `quiet`, `live`, `good`, `bad`, `warn`."""


SITUATIONS: Final[Mapping[str, Sign]] = {
    "draft": Sign("draft", "ring", "quiet"),
    "waiting": Sign("waiting for the first client", "ring", "live"),
    "running": Sign("running", "dot", "live"),
    "lost kafka": Sign("running, but Kafka is unavailable", "triangle", "warn"),
    "alarm": Sign("do not trust the difference", "octagon", "bad"),
    "improves": Sign("improves", "tick", "good"),
    "no improvement": Sign("no improvement", "bar", "quiet"),
    "harms": Sign("harms", "cross", "bad"),
    "stopped": Sign("stopped", "square", "quiet"),
    "guard breaks": Sign("a guard broke", "octagon", "bad"),
}

GUARDS: Final[Mapping[str, Sign]] = {
    "holds": Sign("holds", "tick", "good"),
    "breaks": Sign("breaks", "octagon", "bad"),
    "not shown": Sign("not shown to hold", "bar", "warn"),
}

RESULTS: Final[Mapping[str, str]] = {
    "running": "Too early to say. Wait for the planned look.",
    "improves": "The candidate earns more, by more than chance explains. Roll it out.",
    "no improvement": "No improvement was shown. Keep the original; the sentence says how large an improvement is still possible.",
    "harms": "The candidate earns less, by more than chance explains. Keep the original.",
    "stopped": "It was stopped before its plan, so there is no result.",
    "alarm": "The measurement went wrong. Repair it and begin again; ignore the difference.",
}
"""What each result means, for decision makers."""

CHECKS: Final[Mapping[str, Sign]] = {
    "ok": Sign("fine", "dot", "good"),
    "warning": Sign("read on with care", "triangle", "warn"),
    "alarm": Sign("alarm", "octagon", "bad"),
}

KAFKA: Final[Mapping[str, Sign]] = {
    "reading": Sign("reading Kafka", "dot", "good"),
    "catching up": Sign("catching up with Kafka", "dot", "live"),
    "connecting": Sign("connecting to Kafka", "ring", "warn"),
    "away": Sign("Kafka cannot be reached", "triangle", "warn"),
    "off": Sign("not reading Kafka", "ring", "quiet"),
}

MEANINGS: Final[Mapping[str, str]] = {
    "sample ratio": (
        "Clients are assigned at random. If one arm has more or fewer clients than chance explains, some were lost on the "
        "way, and the arms no longer have the same kind of people: the difference of their money says nothing."
    ),
    "answers in time": (
        "A candidate that answers late is not shown. Half of the page's patience is the line: beyond it, a busy hour "
        "costs answers."
    ),
    "unanswered": (
        "Sessions without an answer stay in their arm as clients who were not shown the category. Excluding them would "
        "bias the comparison."
    ),
    "heavy tail": (
        "A few very large purchases make the average unstable. With fewer clients than the number named here, the interval "
        "is less certain than it says."
    ),
}


def sign_of(situation: str) -> Sign:
    """The appearance of a situation, of a verdict, or of a state."""
    return SITUATIONS.get(situation, Sign(situation, "dot", "quiet"))


def guard_sign(guard: GuardDocument, looks_taken: int) -> Sign:
    """The appearance of a guard."""
    return GUARDS[guard.verdict] if looks_taken else Sign("waits for the first look", "ring", "quiet")


def margin_of(guard: GuardDocument | PlannedGuardDocument) -> str:
    """The worsening that would be accepted."""
    if guard.relative_margin:
        return f"{100 * guard.margin:g} % of the original's"
    return change(guard.margin, guard.kind, sign=False)


def plan_query(plan: PlanDocument) -> str:
    """The address of the form with the numbers of a plan, for another try."""
    in_percent = plan.kind == "proportion"
    numbers = {
        "name": plan.name,
        **(measures_of_plan(plan) if plan.kind != "money" or plan.guards else {}),
        "effect": f"{100 * plan.effect:.10g} %" if in_percent else f"{plan.effect:g}",
        **_spread_query(plan),
        "alpha": f"{100 * plan.alpha:g} %",
        "power": f"{100 * plan.power:g} %",
        "n_per_arm": str(plan.n_per_arm),
        "alternative": plan.alternative,
        "spending": plan.spending,
        "candidates": str(len(plan.candidates)),
    }
    if isinstance(plan.looks, int):
        numbers["looks"] = str(plan.looks)
    return urlencode(numbers)


def _spread_query(plan: PlanDocument) -> dict[str, str]:
    if plan.kind == "money" or plan.base_rate is None:
        return {"sd": f"{plan.sd:g}"}
    return {
        "base_rate": f"{100 * plan.base_rate:.10g} %" if plan.kind == "proportion" else f"{plan.base_rate:g}"
    }


def bandit_sign(state: str, alarm: bool) -> Sign:
    """The appearance of a bandit."""
    if alarm:
        return Sign(f"{state}, alarm", "octagon", "bad")
    return {"running": SITUATIONS["running"], "paused": Sign("paused", "bar", "warn")}.get(
        state, sign_of(state)
    )


def alarms(shown: ExperimentSummary) -> list[str]:
    """The sentences of the checks that raise an alarm."""
    return [check.sentence for check in shown.checks if check.status == "alarm"]


def too_early(sentence: str) -> tuple[str, str]:
    """The two parts of a running experiment's sentence: that it is too early, and the numbers, which decide nothing."""
    first, _, rest = sentence.partition(". ")
    return (f"{first}.", rest) if rest else (sentence, "")


def sentence_behind(shown: ExperimentSummary) -> str:
    """The verdict's sentence without the alarms at its beginning, which the page shows larger."""
    return shown.sentence.removeprefix(f"Careful: {'; '.join(alarms(shown))}. ")
