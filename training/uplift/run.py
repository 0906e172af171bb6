"""A complete training: split, fit, export, check the export, compare with the baselines; files are written only at the
end."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from liftstream.contracts.errors import LiftstreamError
from liftstream.contracts.model_card import ModelCard, card_path, hash_of
from liftstream.contracts.whole_file import write_whole
from liftstream.scoring.loading import load_content
from training.artefacts import Step
from training.card import to_json
from training.parity import difference
from training.uplift.balance import differing, leave_out
from training.uplift.card import golden_rows, ranges_of, serves, texts_of
from training.uplift.clients import Clients, hold_out, strata_of
from training.uplift.export import asked_fields, export_tree, target_of
from training.uplift.features import Field, Say, columns_of, encode, learn_fields
from training.uplift.fitting import fit_tree
from training.uplift.judging import Judgement, ValueAndCost, best_profit, judge, rounded, true_profit
from training.uplift.learners import LearnerScores, challenge
from training.uplift.leaves import Leaf, describe_leaves
from training.uplift.selection.selection_report import SelectionReport, compare_selections
from training.uplift.training_rows import TrainingRows
from training.uplift.tree.binning import Floats
from training.uplift.tree.tree import Growth, Tree

NAME: Final = "uplift"
TEST: Final = 0.3
"""Share of the test clients, from which nothing is learned."""
TOLERANCE: Final = 1e-12


@dataclass(frozen=True)
class UpliftOptions:
    """The options of a training.

    Attributes:
        growth: of the tree.
        money: sets the threshold.
        seed: of every split and draw.
        choose_data: whether Thompson sampling chooses the rows, beside its baselines.
        named: columns that the user named: kept even where the arms have them differently.
    """

    growth: Growth = field(default_factory=Growth)
    money: ValueAndCost = field(default_factory=ValueAndCost)
    seed: int = 2024
    choose_data: bool = False
    named: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class UpliftResult:
    """A model with its evaluation.

    Attributes:
        pmml, card: what is written.
        judged: the tree first, then the others, on the test clients.
        leaves: of the tree.
        test: the test clients.
        selection: where the rows were chosen, how it went.
    """

    pmml: bytes
    card: ModelCard
    judged: list[Judgement]
    leaves: list[Leaf]
    test: Clients
    selection: SelectionReport | None

    @property
    def tree(self) -> Judgement:
        """The judgement of the tree."""
        return self.judged[0]


def train(clients: Clients, options: UpliftOptions, created: str, step: Step, say: Say) -> UpliftResult:
    """Trains and proves the tree; writes no files.

    Args:
        clients: of an experiment.
        options: what was chosen.
        created: the time for the card, ISO 8601.
        step: surrounds each step.
        say: is told what the user should know.

    Raises:
        LiftstreamError: nothing tells apart whom influencing changes.
        ModelError: the exported model is not the trained one.
    """
    learning, testing = hold_out(strata_of(clients), TEST, options.seed)
    known, test = clients.take(learning), clients.take(testing)
    fields = usable_fields(known, options.named, say)
    columns, selection = columns_of(fields), None
    part, held_out = TrainingRows.of(fields, known), TrainingRows.of(fields, test)
    with step("grow and prune the tree"):
        tree = fit_tree(part, options.growth, options.seed)
    if options.choose_data:
        with step("choose rows by Thompson sampling, and compare with its baselines"):
            selection = compare_selections(part, known, held_out, tree, options.growth, options.seed)
            tree = selection.tree
    _refuse_stump(tree, known)
    about = f"Uplift tree on {len(known):,} clients: {clients.source}"
    pmml = export_tree(tree, fields, columns, about)
    asked, scores = asked_fields(tree, fields, columns), tree.score(held_out.columns)
    with step("score the exported model"):
        _prove(pmml, target_of(asked), scores, test)
    with step("train what it has to beat"):
        others = challenge(part, held_out.columns, columns, options.seed)
    with step("evaluate on clients that no model was trained on"):
        own = LearnerScores("tree", f"{len(tree.leaves)} leaves, depth {tree.depth}", scores, True)
        judged = [judge(one, test, options.money, options.seed) for one in (own, *others)]
        leaves = describe_leaves(tree, columns, held_out.columns, test)
    card = ModelCard(
        name=NAME,
        sha256=hash_of(pmml),
        threshold=options.money.threshold,
        features=ranges_of(asked),
        texts=texts_of(asked),
        serves=serves(asked),
        metrics=metrics_of(judged, leaves, selection, test, options.money),
        created=created,
        rows=len(known),
        seed=options.seed,
        golden_rows=golden_rows(asked, test, scores),
        about=f"{about}, judged on {len(test):,} others. The score is what influencing changes in the outcome.",
    )
    return UpliftResult(pmml, card, judged, leaves, test, selection)


def usable_fields(known: Clients, named: tuple[str, ...], say: Say) -> list[Field]:
    """Fields that tell clients apart and were known before, as far as the arms show.

    Raises:
        LiftstreamError: there is none.
    """
    fields = learn_fields(known.table, say)
    apart = differing(columns_of(fields), encode(fields, known.table), known.treatment)
    left_out = leave_out(apart, named, say)
    found = [field for field in fields if field.name not in left_out]
    if not found:
        raise LiftstreamError(
            "no column tells clients apart; name columns that were known before with --features"
        )
    return found


def _refuse_stump(tree: Tree, known: Clients) -> None:
    if len(tree.leaves) == 1:
        raise LiftstreamError(
            f"no split of {len(known):,} clients holds on the rows that prune: nothing here tells apart whom"
            f" influencing changes; on average it changes the outcome by {tree.uplift[0]:.4g}. Nothing was written:"
            " decide alike for everybody, or bring more clients or other columns"
        )


def _prove(pmml: bytes, target: str, expected: Floats, test: Clients) -> None:
    """Scores the test clients with our scorer from the exported file.

    Args:
        pmml: the exported file.
        target: the name of the score in it.
        expected: the tree's scores of the test clients.
        test: the test clients.

    Raises:
        ModelError: a score differs by more than 1e-12, of scores above 1 in proportion.
    """
    model = load_content(pmml, Path(f"{NAME}.pmml"))
    found = np.asarray(
        model.score({name: test.table[name] for name in model.inputs})[target], dtype=np.float64
    )
    difference(NAME, "liftstream", found, expected, 1 + float(np.max(np.abs(expected))), TOLERANCE)


def metrics_of(
    judged: list[Judgement],
    leaves: list[Leaf],
    selection: SelectionReport | None,
    test: Clients,
    money: ValueAndCost,
) -> dict[str, Any]:
    """The metrics for the card and `--json`: the tree's figures, and those of the learners that it has to beat."""
    tree, *others = judged
    everybody = {"value": tree.profit.profit, "low": tree.profit.low, "high": tree.profit.high}
    found: dict[str, Any] = {
        **tree.to_dict(),
        "baselines": {one.scores.name: one.to_dict() for one in others if one.scores.is_baseline},
        "challengers": {one.scores.name: one.to_dict() for one in others if not one.scores.is_baseline},
        "test_clients": len(test),
        "value": money.value,
        "cost": money.cost,
        "profit_of_everybody": {end: rounded(curve[-1]) for end, curve in everybody.items()},
    }
    best = best_profit(test, money)
    if best is not None:
        everyone = np.ones(len(test))
        found["true_profit_best_possible"] = rounded(best)
        found["true_profit_everybody"] = rounded(true_profit(everyone, test, money))
    found["leaves"] = [leaf.to_dict() for leaf in leaves]
    if selection is not None:
        found["data_selection"] = selection.to_dict()
    return found


def draw_report(result: UpliftResult, unit: str) -> dict[str, bytes]:
    """The report's files by name: three pictures and the figures."""
    from training.uplift.pictures import draw_curves, draw_leaves, draw_profit

    best = result.card.metrics.get("true_profit_best_possible")
    return {
        "curves.png": draw_curves(result.judged, result.test, unit),
        "profit.png": draw_profit(result.tree, result.test, best),
        "leaves.png": draw_leaves(result.leaves, result.card.threshold, result.test, unit),
        "metrics.json": to_json(result.card.metrics),
    }


def write_model(result: UpliftResult, folder: Path) -> Path:
    """Writes `uplift.json` and then `uplift.pmml`, whose watchers read the card when the model changes."""
    path = folder / f"{NAME}.pmml"
    write_whole(card_path(path), to_json(result.card))
    write_whole(path, result.pmml)
    return path
