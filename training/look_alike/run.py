"""A complete training: runs the loop, exports and proves the chosen tree, gives every user v, and decides by it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import numpy as np

from liftstream import scoring
from liftstream.contracts.features import FEATURES
from liftstream.contracts.model_card import ModelCard, card_path, hash_of
from liftstream.contracts.whole_file import write_whole
from liftstream.evaluation.classification import Estimate, area_under_curve
from liftstream.simulation.cinema.audience import FREQUENCIES
from training.artefacts import Step
from training.card import feature_ranges, golden_rows, to_json
from training.export import export
from training.look_alike.decision import FrequencyComparison, Score, decide_frequency
from training.look_alike.loop import LookAlikeOptions, Loop, Round, fit_tree, run_loop, score
from training.look_alike.selection import Floats
from training.look_alike.users import Parts, Users, cut
from training.parity import OUTPUT, Parity, compare
from training.parity import ROWS as PARITY_ROWS

NAME: Final = "look_alike"
ABOUT: Final = "Decision tree of an EM loop: P(engaged), the likeness v of a user to those who stay."


@dataclass(frozen=True, eq=False)
class LookAlikeResult:
    """The model with its evaluation and the decision.

    Attributes:
        v: likeness of every user, in [0, 1].
        all_at_once: ROC-AUC on the test part of a tree that gets first training set and pool at once, without a loop.
        decision: None where the users are not those of the simulated cinema.
    """

    loop: Loop
    pmml: bytes
    card: ModelCard
    v: Floats
    all_at_once: Estimate
    decision: FrequencyComparison | None


def train_look_alike(
    users: Users, options: LookAlikeOptions, seed: int, created: str, step: Step, sessions: int
) -> LookAlikeResult:
    """Trains, proves and tries the model; writes no files.

    Args:
        users: with their classes.
        options: of the loop.
        seed: of parts, trees and the simulated sessions.
        created: the time for the card, ISO 8601.
        step: surrounds each step.
        sessions: of the simulated cinema in which the frequency of advertising is decided.

    Raises:
        InputError: too few users.
        ModelError: the exported model is not the trained one.
    """
    parts = cut(users, seed)
    with step("run the EM loop"):
        loop = run_loop(users, parts, options, seed)
        everybody = np.r_[parts.start, parts.pool]
        at_once = fit_tree(users, everybody, options, len(parts.start), seed)
        all_at_once = area_under_curve(users.engaged[parts.test], score(at_once, users, parts.test))
    with step("export the chosen tree"):
        pmml = export(NAME, loop.tree, users.names)
    with step("compare the scores of scikit-learn, pypmml and liftstream"):
        parity = _prove(loop, pmml, users)
    decision = None
    if set(users.names) == set(FEATURES):
        with step("decide the frequency of advertising in the simulated cinema"):
            decision = decide_frequency(_scorer(pmml), seed, sessions)
    v = score(loop.tree, users, slice(None))
    card = _card(users, parts, loop, pmml, parity, seed, created)
    return LookAlikeResult(loop, pmml, card, v, all_at_once, decision)


def _prove(loop: Loop, pmml: bytes, users: Users) -> Parity:
    some = slice(PARITY_ROWS)
    (parity,) = compare([NAME], [pmml], [score(loop.tree, users, some)], users.columns(some))
    return parity


def _scorer(pmml: bytes) -> Score:
    """A function that computes v with the exported file, as it is served."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{NAME}.pmml"
        file.write_bytes(pmml)
        model = scoring.load(file)
    return lambda columns: np.asarray(model.score(columns)[OUTPUT], dtype=np.float64)


def _card(
    users: Users, parts: Parts, loop: Loop, pmml: bytes, parity: Parity, seed: int, created: str
) -> ModelCard:
    used = [number for number, name in enumerate(users.names) if loop.tree.feature_importances_[number] > 0]
    names = [users.names[number] for number in used]
    test = users.matrix[parts.test]
    chosen = loop.rounds[loop.chosen]
    return ModelCard(
        name=NAME,
        sha256=hash_of(pmml),
        threshold=loop.threshold,
        features=feature_ranges(names, users.matrix[:, used]),
        metrics={
            "auc": chosen.roc_auc_test.to_dict(),
            "f1": round(chosen.f1_test, 6),
            "held_out_rows": len(parts.test),
            "rounds": [as_document(one) for one in loop.rounds],
            "chosen_round": loop.chosen,
            "ended": loop.ended,
            "parity": parity._asdict(),
        },
        created=created,
        rows=chosen.trained_on,
        seed=seed,
        golden_rows=golden_rows(names, test[:, used], score(loop.tree, users, parts.test), loop.threshold),
        about=f"{ABOUT} Judged on {len(parts.test):,} untouched users: {users.source}.",
    )


def as_document(one: Round) -> dict[str, Any]:
    """A round for `--json`."""
    found: dict[str, Any] = {
        name: round(value, 6) if isinstance(value, float) else value for name, value in one._asdict().items()
    }
    return found | {"roc_auc_test": one.roc_auc_test.to_dict()}


def decision_document(decision: FrequencyComparison) -> dict[str, Any]:
    """The decision for `--json`, without its log."""
    return {
        "sessions": decision.sessions,
        "frequencies": list(FREQUENCIES),
        "fixed": [round(value, 6) for value in decision.fixed],
        "one_bandit": decision.one_bandit.to_dict(),
        "by_group": decision.by_group.to_dict(),
        "learned_gain": decision.learned_gain.to_dict(),
        "share_of_variation": {
            "reward": round(decision.parts.reward, 6),
            "penalty": round(decision.parts.penalty, 6),
        },
        "groups": [one._asdict() for one in decision.groups],
    }


def document(result: LookAlikeResult, options: LookAlikeOptions) -> dict[str, Any]:
    """Everything that was found, for `--json`."""
    card = result.card
    found = {
        "sha256": card.sha256,
        "threshold": card.threshold,
        "seed": card.seed,
        "options": asdict(options),
        **card.metrics,
        "all_at_once": result.all_at_once.to_dict(),
    }
    if result.decision is not None:
        found["decision"] = decision_document(result.decision)
    return found


def write_model(result: LookAlikeResult, users: Users, folder: Path) -> Path:
    """Writes v of every user, the choices of the bandits, the card and, last, the model; returns the model's file."""
    path = folder / f"{NAME}.pmml"
    rows = [f"{name},{v!r}" for name, v in zip(_quoted(users.ids), result.v.tolist(), strict=True)]
    write_whole(folder / f"{NAME}_users.csv", ("user,v\n" + "\n".join(rows) + "\n").encode())
    if result.decision is not None:
        played = result.decision.played
        lines = [
            f"{FREQUENCIES[arm]},{reward!r},{share!r}"
            for arm, reward, share in zip(
                played.frequency.tolist(), played.score.tolist(), played.propensity.tolist(), strict=True
            )
        ]
        write_whole(
            folder / f"{NAME}_choices.csv", ("arm,reward,propensity\n" + "\n".join(lines) + "\n").encode()
        )
    write_whole(card_path(path), to_json(result.card))
    write_whole(path, result.pmml)
    return path


def _quoted(ids: Any) -> list[str]:
    texts = [str(one) for one in ids.tolist()]
    return ['"' + text.replace('"', '""') + '"' if set(text) & set(',"\n\r') else text for text in texts]
