"""Trains a model that the pipeline can serve on the first experiment's files, with its pictures."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from liftstream.contracts.whole_file import write_whole
from liftstream.demo.stage import Tell
from liftstream.demo.uplift.first_experiment import BOUGHT, FirstExperiment
from training.artefacts import Step
from training.uplift.files import read_experiment
from training.uplift.generated import MONEY
from training.uplift.run import UpliftOptions, UpliftResult, draw_report, train, write_model

PICTURES: Final = {
    "curves.png": "uplift-curves.png",
    "leaves.png": "uplift-leaves.png",
    "profit.png": "uplift-profit.png",
}
"""The name in the demo's folder of each picture of the training."""


def learn(first: FirstExperiment, seed: int, folder: Path, tell: Tell) -> tuple[UpliftResult, Path]:
    """Trains on the files and writes model, card and pictures; returns the result and the model's file.

    Raises:
        LiftstreamError: nothing tells clients apart.
        InputError: the folder cannot be written.
    """
    clients = read_experiment(first.clients, first.features, None, BOUGHT, tell)
    options = UpliftOptions(money=MONEY, seed=seed)
    result = train(clients, options, datetime.now(UTC).isoformat(timespec="seconds"), _steps(tell), tell)
    for name, content in draw_report(result, "purchases").items():
        if name in PICTURES:
            write_whole(folder / PICTURES[name], content)
    return result, write_model(result, folder)


def _steps(tell: Tell) -> Step:
    @contextmanager
    def step(description: str) -> Iterator[None]:
        tell(f"uplift: {description}")
        yield

    return step
