"""The request for a new experiment, converted to a sealed plan, or to a list of problems."""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import Any, Final

from liftstream.experiment import Plan, Problem, check_plan
from liftstream.experiment.trial.plans import FIELDS
from liftstream.platform.planning.measures import is_name, read_guards, read_metric

MEASURES: Final = frozenset({"kind", "outcome", "source", "guards"})
PLAN_FIELDS: Final = tuple(
    name for name in FIELDS if name not in {"covariate", "correlation", "salt", *MEASURES}
)
"""Fields of a plan that a request may set; the platform knows no covariate, and draws the salt itself."""
OWN_FIELDS: Final = ("aa", "exclusive", "share", "metric", "guards")
REQUIRED: Final = ("name", "effect", "sd", "alpha", "power")
NAME_LENGTH: Final = 200
CANDIDATE_LENGTH: Final = 80
CANDIDATES_MOST: Final = 20
CLIENTS_MOST: Final = 10**12
SMALLEST_SHARE: Final = 0.001


@dataclass(frozen=True)
class NewExperiment:
    """A request whose numbers fit together.

    Attributes:
        exclusive: name of the group of experiments with which it shares no client; empty: none.
        share: part of the clients that takes part.
        aa: the arms are labels, everybody gets what the others decide: finds out whether the measuring is fair.
    """

    plan: Plan
    exclusive: str = ""
    share: float = 1.0
    aa: bool = False


class Incoherent(Exception):
    """The request cannot be carried out; `problems` say by field what would fit."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.problem for problem in problems))
        self.problems = problems


def make_salt() -> str:
    """A random salt for the draw of arms, so that the arms of clients cannot be predicted."""
    return token_hex(8)


def read_request(document: Any, *, coherent: bool = True, salt: str | None = None) -> NewExperiment:
    """The experiment that a JSON document asks for.

    Args:
        coherent: whether too few clients are a problem; otherwise they are taken as they are.
        salt: of the draw of arms, never used for another experiment; default: a new one.

    Raises:
        Incoherent: with every problem that was found.
    """
    if not isinstance(document, dict):
        raise Incoherent([Problem("body", "the body must be a JSON object with the fields of an experiment")])
    fields = {name: value for name, value in document.items() if value is not None}
    metric, refused = read_metric(fields.get("metric"))
    guards, unfit = read_guards(fields.get("guards", []), metric)
    problems = [*_unknown(fields), *_missing(fields), *_own(fields), *refused, *unfit]
    values = {name: fields[name] for name in PLAN_FIELDS if name in fields}
    values["candidates"] = _candidates(fields.get("candidates", 1))
    problems += _texts(values)
    values |= {**metric, "guards": guards}
    wrong = {problem.field for problem in problems}
    told = check_plan({name: value for name, value in values.items() if name not in wrong})
    problems += [
        problem
        for problem in told
        if problem.field not in wrong and (coherent or not _too_few(problem, values))
    ]
    if problems:
        raise Incoherent(problems)
    return NewExperiment(
        Plan(**{"sd": None, **values}, salt=make_salt() if salt is None else salt),
        fields.get("exclusive", ""),
        float(fields.get("share", 1.0)),
        fields.get("aa", False),
    )


def _too_few(problem: Problem, values: Mapping[str, Any]) -> bool:
    """Whether the only problem is that more clients are needed."""
    return problem.field == "n_per_arm" and problem.fits is not None and "n_per_arm" in values


def _unknown(fields: Mapping[str, Any]) -> list[Problem]:
    accepted = (*PLAN_FIELDS, *OWN_FIELDS)
    return [
        Problem(
            str(name)[:CANDIDATE_LENGTH], f"not a field of an experiment; there are {', '.join(accepted)}"
        )
        for name in fields
        if name not in accepted
    ]


def _missing(fields: Mapping[str, Any]) -> list[Problem]:
    metric = fields.get("metric")
    is_rated = isinstance(metric, dict) and metric.get("kind") in {"proportion", "count"}
    known = {"sd"} if "base_rate" in fields else set()  # from which the spread follows
    missing = [name for name in REQUIRED if name not in fields and name not in known]
    return [
        Problem(name, "give base_rate, the level of the original, or sd: both are missing")
        if name == "sd" and is_rated
        else Problem(name, f"{name} is missing")
        for name in missing
    ]


def _own(fields: Mapping[str, Any]) -> list[Problem]:
    found = []
    share, exclusive, aa = fields.get("share", 1.0), fields.get("exclusive", ""), fields.get("aa", False)
    if isinstance(share, bool) or not isinstance(share, int | float) or not SMALLEST_SHARE <= share <= 1:
        found.append(Problem("share", f"a part of the clients from {SMALLEST_SHARE} to 1 is accepted", 1.0))
    if not isinstance(exclusive, str) or (exclusive and not is_name(exclusive, CANDIDATE_LENGTH)):
        found.append(
            Problem("exclusive", f"a group's name of at most {CANDIDATE_LENGTH} characters is accepted")
        )
    if not isinstance(aa, bool):
        found.append(Problem("aa", "true or false is accepted"))
    return found


def _candidates(wanted: Any) -> Any:
    """A number of candidates, or their names."""
    if isinstance(wanted, int) and not isinstance(wanted, bool) and 1 <= wanted <= CANDIDATES_MOST:
        return ["candidate"] if wanted == 1 else [f"candidate-{i}" for i in range(1, wanted + 1)]
    return wanted


def _texts(values: Mapping[str, Any]) -> list[Problem]:
    found = []
    if "name" in values and not is_name(values["name"], NAME_LENGTH):
        found.append(Problem("name", f"a name of 1 to {NAME_LENGTH} visible characters is accepted"))
    names = values["candidates"]
    if not isinstance(names, list | tuple) or not 1 <= len(names) <= CANDIDATES_MOST:
        found.append(
            Problem("candidates", f"1 to {CANDIDATES_MOST} candidates are accepted, as a number or as names")
        )
    elif not all(is_name(name, CANDIDATE_LENGTH) for name in names):
        found.append(
            Problem(
                "candidates", f"names of 1 to {CANDIDATE_LENGTH} visible characters are accepted, none twice"
            )
        )
    n = values.get("n_per_arm")
    if isinstance(n, int | float) and n > CLIENTS_MOST:
        found.append(
            Problem("n_per_arm", f"at most {CLIENTS_MOST:,} clients per arm are accepted", CLIENTS_MOST)
        )
    return found
