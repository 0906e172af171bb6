"""The first experiment: half of the clients got the offer, drawn by chance; its files are what training reads."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from liftstream.contracts.features import FEATURES
from liftstream.contracts.whole_file import write_whole
from liftstream.demo.plan import ARM
from liftstream.experiment import Report, analyze, draw_arm
from liftstream.experiment.trial.plans import ORIGINAL
from liftstream.simulation.campaign.population import draw_clients
from liftstream.simulation.shop.money import draw_luck

CLIENTS: Final = 40_000
PAST: Final = 5
"""Part of the seed, so that its clients differ from those of the second experiment."""
FIRST_UUID: Final = 5_000_000
BOUGHT: Final = "bought"


@dataclass(frozen=True)
class FirstExperiment:
    """The files of the first experiment, and its own result.

    Attributes:
        clients: `client,arm,revenue,bought`; arm `original` got no offer, `candidate` got one.
        features: what was known of each client before.
        report: on money: offering to everybody against offering to nobody.
    """

    clients: Path
    features: Path
    report: Report

    def to_dict(self) -> dict[str, Any]:
        """The result for `--json`; money in $ per client."""
        verdict = self.report.verdict
        return {
            "verdict": verdict.verdict,
            "sentence": verdict.sentence,
            "effect": verdict.effect,
            "ci_low": verdict.ci_low,
            "ci_high": verdict.ci_high,
            "clients": str(self.clients),
            "features": str(self.features),
        }


def run_first_experiment(seed: int, folder: Path) -> FirstExperiment:
    """Plays the experiment without Kafka, and writes its two files.

    Raises:
        InputError: the folder cannot be written.
    """
    people_rng, luck_rng = np.random.default_rng([PAST, seed]).spawn(2)
    people = draw_clients(people_rng, CLIENTS, FIRST_UUID)
    salt = f"demo uplift {seed}"
    arms = np.array(
        [draw_arm(uuid, salt=salt, weights={ORIGINAL: 0.5, ARM: 0.5}) for uuid in people.uuid.tolist()]
    )
    offered = arms == ARM
    money = people.spend(slice(None), offered, draw_luck(luck_rng, CLIENTS))
    clients, features = folder / "first-clients.csv", folder / "first-features.csv"
    rows = zip(
        people.uuid.tolist(),
        arms.tolist(),
        money.tolist(),
        people.buys(offered).astype(int).tolist(),
        strict=True,
    )
    write_whole(clients, _csv(f"client,arm,revenue,{BOUGHT}", (f"{c},{a},{m!r},{b}" for c, a, m, b in rows)))
    known = zip(people.uuid.tolist(), people.features.tolist(), strict=True)
    write_whole(
        features, _csv(f"client,{','.join(FEATURES)}", (f"{c},{','.join(map(str, f))}" for c, f in known))
    )
    return FirstExperiment(clients, features, analyze({"arm": arms, "revenue": money}, two_sided=True))


def _csv(header: str, lines: Any) -> bytes:
    return "\n".join([header, *lines, ""]).encode()
