"""A scenario: a name, its fault, what must hold, and a short function over the actors of a case."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from liftstream.prove.case import Case
from liftstream.prove.case_options import CaseOptions

Play = Callable[[Case], None]
SCENARIOS: "dict[str, Scenario]" = {}


@dataclass(frozen=True)
class Scenario:
    """One row of the table in docs/faults.md.

    Attributes:
        throws: what is done to the pipeline.
        quick: runs in CI.
        alone: it hurts the broker, so no other scenario may use it meanwhile.
    """

    name: str
    throws: str
    play: Play
    quick: bool = False
    alone: bool = False
    options: CaseOptions = field(default_factory=CaseOptions)


def scenario(
    throws: str, *, quick: bool = False, alone: bool = False, **options: Any
) -> Callable[[Play], Play]:
    """Registers a function as the scenario of its name; `options` are fields of `CaseOptions`."""

    def register(play: Play) -> Play:
        name = play.__name__.replace("_", "-")
        SCENARIOS[name] = Scenario(name, throws, play, quick, alone, CaseOptions(**options))
        return play

    return register
