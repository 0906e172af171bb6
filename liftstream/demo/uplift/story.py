"""The whole story as one record, and the sentence that it ends with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from liftstream.contracts.whole_file import to_json, write_whole
from liftstream.demo.outcome import Outcome
from liftstream.demo.plan import World
from liftstream.demo.uplift.first_experiment import FirstExperiment
from liftstream.experiment.amounts import money
from liftstream.service.pages.formatting import percent
from liftstream.simulation.campaign.population import draw_clients
from training.uplift.run import UpliftResult

CAMPAIGN: Final = World(draw_clients, 1.2, 21.5, "Offer", "offering to men")


@dataclass(frozen=True)
class Story:
    """First experiment, model, second experiment."""

    first: FirstExperiment
    learned: UpliftResult
    second: Outcome

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        report, truth = self.second.report, self.second.truth
        said = {
            "improves": "A second experiment proves it",
            "harms": "A second experiment found the contrary",
        }.get(report.verdict, "A second experiment of this size did not find it")
        found = [value or 0.0 for value in (report.effect, report.ci_low, report.ci_high)]
        effect, low, high = (money(value, sign=True, beside=found) for value in found)
        return (
            f"Offering to everybody earned {money(self.first.report.verdict.effect or 0.0, sign=True)} $ per client in the first experiment;"
            f" the tree that learned from it offers to {percent(float(truth.shown.mean()), 2)}. {said}: {effect} $ per client more than"
            f" offering to men ({low} to {high}); the truth is"
            f" {money(truth.gain, sign=True)}, the best possible {money(truth.best, sign=True)}."
        )

    def to_dict(self) -> dict[str, Any]:
        """The document for `--json`: the second experiment's keys as in `demo`, and what came before it."""
        figures = self.learned.card.metrics
        model = {
            name: figures[name]
            for name in ("auuc", "qini", "uplift_at_30", "ci", "baselines", "challengers", "leaves")
        }
        return {
            **self.second.to_dict(),
            "story": self.sentence,
            "best_possible": self.second.truth.best,
            "first_experiment": self.first.to_dict(),
            "model": {**model, "threshold": self.learned.card.threshold, "sha256": self.learned.card.sha256},
        }


def write_story(story: Story, folder: Path) -> Path:
    """Writes what `--json` prints; returns the file.

    Raises:
        InputError: it cannot be written.
    """
    file = folder / "story.json"
    write_whole(file, to_json(story.to_dict()))
    return file
