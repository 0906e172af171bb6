"""The parts of the demo: configurations, the bandit, the experiment that proves it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from liftstream.simulation.site.visitors import season_at

OLD: Final[dict[str, Any]] = {"word": 3.0, "metro": 3.0, "location": 0.0, "price": 20.0, "price_scale": 150.0}
"""The old configuration: the reference group's and the original arm's."""
EXPERTS: Final[dict[str, dict[str, Any]]] = {
    "old": OLD,
    "words first": {"word": 30.0, "metro": 0.0, "location": 0.0, "price": 1.0, "price_scale": 200.0},
    "region": {"word": 4.0, "metro": 10.0, "location": 2.0, "price": 5.0, "price_scale": 200.0},
    "cheap": {"word": 1.0, "metro": 0.0, "location": 0.0, "price": 20.0, "price_scale": 100.0},
}
"""`words first` wins views and loses contacts: it shows what people like to look at in other regions."""
BOUNDS: Final[dict[str, Any]] = {
    "word": {"low": 0.0, "high": 30.0},
    "metro": {"low": 0.0, "high": 30.0},
    "location": {"low": 0.0, "high": 30.0},
    "price": {"low": 0.0, "high": 30.0},
    "price_scale": {"low": 50.0, "high": 1000.0, "scale": "log"},
}
REFERENCE_SHARE: Final = 0.2
QUANTUM_S: Final = 1.0
GENERATION_QUANTA: Final = 12
BURN_IN_QUANTA: Final = 8
"""Quanta in which every expert is served, also the one that wins views only: otherwise too few visits show it."""
LEARNING_VISITS: Final = 5_000
ADS: Final = 2_000
DAY_QUANTA: Final = 30
"""Quanta of a simulated day, with its season."""
CALM_VISITS: Final = 30
"""Visits in a quantum of the calmest hour; the busiest has four times as many."""
BASE_RATE, EFFECT = 0.12, 0.03
MONEY_WITHIN_S: Final = 2.0


def visits_in(quantum: int) -> int:
    """Visits in a quantum, by the hour of the simulated day."""
    return round(CALM_VISITS * season_at(quantum % DAY_QUANTA / DAY_QUANTA))


@dataclass(frozen=True)
class SiteRequest:
    """The options of the demo.

    Attributes:
        aa: every arm is the old configuration: nothing must be claimed.
        learning_visits: while the bandit learns, before the experiment.
        effect: smallest improvement worth having, share of clients; `n_per_arm` clients find it.
    """

    seed: int
    folder: Path
    aa: bool = False
    learning_visits: int = LEARNING_VISITS
    effect: float = EFFECT
    n_per_arm: int = 2_100

    @property
    def bandit(self) -> dict[str, Any]:
        """The document for `POST /api/bandits`."""
        arms = {name: OLD if self.aa else configuration for name, configuration in EXPERTS.items()}
        generator = {
            "kind": "genetic",
            "bounds": BOUNDS,
            "every_quanta": GENERATION_QUANTA,
            "population": 6,
            "keep": 3,
            "min_pulls": 150,
            "random_share": 0.3,
            "always": [],
        }
        return {
            "name": "Similar ads",
            "policy": "reference-thompson",
            "arms": [{"name": name, "configuration": one} for name, one in arms.items()],
            "reference": {"share": REFERENCE_SHARE, "configuration": OLD},
            "quantum_s": QUANTUM_S,
            "burn_in_quanta": BURN_IN_QUANTA,
            "objective": "contact",
            "attribution_s": 600,
            "generator": None if self.aa else generator,
        }

    @property
    def experiment(self) -> dict[str, Any]:
        """The document for `POST /api/experiments`."""
        return {
            "name": "Similar ads by the bandit",
            "metric": {"kind": "proportion", "outcome": "contact"},
            "base_rate": BASE_RATE,
            "effect": self.effect,
            "alternative": "two-sided",
            "alpha": 0.05,
            "power": 0.8,
            "n_per_arm": self.n_per_arm,
        }
