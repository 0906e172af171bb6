"""Runs scenarios on one broker: three at a time if they do not disturb it, the others one after the other."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from liftstream.prove.case import Abandoned, Case
from liftstream.prove.outcome import ScenarioOutcome, conclude, gave_up
from liftstream.prove.scenario import Scenario
from liftstream.prove.stage import ProofStage

AT_ONCE = 3


class ProofListener(Protocol):
    """Is told what is going on."""

    def began(self, scenario: Scenario) -> None:
        """A scenario begins."""

    def told(self, scenario: Scenario, what: str) -> None:
        """Something happens in it."""

    def ended(self, outcome: ScenarioOutcome) -> None:
        """It is over."""


def run_scenario(
    stage: ProofStage,
    scenario: Scenario,
    seed: int,
    pairs: int,
    tell: Callable[[str], None] = lambda _: None,
    stream: str = "silocompro",
) -> ScenarioOutcome:
    """Runs one scenario; its folder is kept if an invariant was broken."""
    began = time.monotonic()
    case = Case(stage, scenario.name, seed, pairs, scenario.options, stream, tell)
    outcome: ScenarioOutcome | None = None
    try:
        case.open()
        scenario.play(case)
        outcome = conclude(case, time.monotonic() - began)
    except Abandoned:
        raise
    except Exception as error:  # noqa: BLE001  # whatever goes wrong in one scenario breaks that one; the others still run
        outcome = gave_up(case, time.monotonic() - began, error)
    finally:
        case.close(keep=outcome is not None and not outcome.passed)
    return outcome


def run_all(
    scenarios: Sequence[Scenario], seed: int, pairs: int, listener: ProofListener, stream: str
) -> list[ScenarioOutcome]:
    """Runs scenarios and returns their outcomes; those that hurt the broker come last."""

    def run(scenario: Scenario) -> ScenarioOutcome:
        listener.began(scenario)
        outcome = run_scenario(stage, scenario, seed, pairs, partial(listener.told, scenario), stream)
        listener.ended(outcome)
        return outcome

    with ProofStage() as stage:
        pool = ThreadPoolExecutor(AT_ONCE)
        try:
            found = list(pool.map(run, [one for one in scenarios if not one.alone]))
            return found + [run(one) for one in scenarios if one.alone]
        finally:  # after Ctrl-C those that run end at their next wait
            stage.abandoned.set()
            pool.shutdown(cancel_futures=True)
