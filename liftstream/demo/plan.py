"""What the demo is asked to do, and the experiment that follows from it: sealed before the first client comes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from liftstream.experiment import Plan
from liftstream.shop.live_shop import Visitors
from liftstream.simulation.shop.customers import Population
from liftstream.simulation.shop.population import draw_clients

EFFECT, SD, ALPHA, POWER = 0.7, 15.0, 0.05, 0.8
N_PER_ARM: Final = 5_678
"""The clients per arm that these four need (`liftstream sample-size`)."""
CANDIDATE: Final = "cross_selling"
"""The default of `--candidate`; in the experiment its arm is called `candidate`."""
ARM: Final = "candidate"
PER_SECOND: Final = 250.0
"""New clients a second: the planned number passes in three quarters of a minute, slow enough to watch."""

LINGER_MS: Final = 50
"""The embedded broker returns one written batch per partition and fetch, so a pipeline that fell behind can catch up
only if batches hold more than a record or two."""
PATIENCE_S: Final = 3.0
"""Patience of a page, three times the platform's default: a machine that stops for a second must not change the
decisions of a seed."""
MOST_WAITING: Final = 80
"""Most pages that wait at a time. A decision takes a quarter of a second, most of it in the enrichers' batches, so 250
clients a second fit. On a busy machine fewer come, and all are answered in time."""


@dataclass(frozen=True)
class World:
    """The clients, the planned effect, and the texts of a demo.

    Attributes:
        population: where clients come from.
        effect: planned, in $ per client.
        sd: of the money of a session.
        title: of the experiment.
        rule: what the original system does.
    """

    population: Population
    effect: float
    sd: float
    title: str
    rule: str


SHOP: Final = World(draw_clients, EFFECT, SD, "New category", "showing the category to men")


@dataclass(frozen=True)
class Request:
    """The options of the demo.

    Attributes:
        clients: per arm.
        seed: of clients, money, luck and the draw of the arms.
        candidate: a name under `pmml/`.
        model: its file.
        folder: where pictures and logs go.
        world: the shop, or another.
    """

    clients: int
    seed: int
    candidate: str
    model: Path
    folder: Path
    world: World = SHOP

    @property
    def visitors(self) -> Visitors:
        """The clients that the plan wants, each once."""
        people = self.world.population
        return Visitors(self.seed, 2 * self.clients, PER_SECOND, most_waiting=MOST_WAITING, population=people)

    @property
    def plan(self) -> Plan:
        """The world's experiment. The salt comes from the seed, so that a seed gives the same arms again."""
        return Plan(
            effect=self.world.effect,
            sd=self.world.sd,
            n_per_arm=self.clients,
            alpha=ALPHA,
            power=POWER,
            candidates=(ARM,),
            name=f"{self.world.title}: {self.candidate}",
            salt=f"demo {self.seed}",
        )
