"""Runs scenarios on one broker: two at a time where they do not hurt it, the others one after the other."""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from liftstream.prove.case import Case
from liftstream.prove.outcome import Outcome, conclude
from liftstream.prove.scenario import Scenario
from liftstream.prove.stage import Stage

AT_ONCE = 2


class Listener(Protocol):
    """Whoever shows what is going on."""

    def began(self, scenario: Scenario) -> None:
        """A scenario begins."""

    def told(self, scenario: Scenario, what: str) -> None:
        """Something happens in it."""

    def ended(self, outcome: Outcome) -> None:
        """It is over."""


def run_scenario(
    stage: Stage,
    scenario: Scenario,
    seed: int,
    pairs: int,
    tell: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """Runs one scenario; its folder is kept where an invariant was broken."""
    began = time.monotonic()
    case = Case(stage, scenario.name, seed, pairs, listen=tell, **scenario.options)
    outcome: Outcome | None = None
    try:
        scenario.play(case)
        outcome = conclude(case, time.monotonic() - began)
        return outcome
    finally:
        case.close(keep=outcome is None or not outcome.passed)


def run_all(scenarios: Iterable[Scenario], seed: int, pairs: int, listener: Listener) -> list[Outcome]:
    """Runs scenarios; their outcomes in the order in which they ended."""

    def run(scenario: Scenario) -> Outcome:
        listener.began(scenario)
        outcome = run_scenario(stage, scenario, seed, pairs, lambda what: listener.told(scenario, what))
        listener.ended(outcome)
        return outcome

    chosen = list(scenarios)
    with Stage() as stage:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            found = list(pool.map(run, [one for one in chosen if not one.alone]))
        return found + [run(one) for one in chosen if one.alone]
