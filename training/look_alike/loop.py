"""The EM loop: the tree scores the remaining users, those classified correctly move into its training set, and it is
fitted again.

E: p = P(engaged) of each user who is left. M: the threshold with the largest F1, whoever is on the right side of it
moves. Without the move the next round would be the same. What is left keeps only the hard cases, so that its own
ROC-AUC collapses by construction: the loop is stopped by users whom it never touches.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from liftstream.evaluation.classification import Estimate, area_under_curve
from training.look_alike.selection import Floats, Integers, SelectionQuality, f1_at, select_right
from training.look_alike.users import Parts, Users

MOST_ROUNDS: Final = 10
PATIENCE: Final = 2
TOLERANCE: Final = 0.05
DEPTH: Final = 6
LEAF_SHARE: Final = 0.01


@dataclass(frozen=True)
class LookAlikeOptions:
    """How the loop runs.

    Attributes:
        most_rounds: at most so many.
        patience: rounds without a larger ROC-AUC of the validation part, then it stops.
        tolerance: share of the pool that may be left.
        depth: of the tree.
        leaf_share: of the first training set, least users of a leaf.
    """

    most_rounds: int = MOST_ROUNDS
    patience: int = PATIENCE
    tolerance: float = TOLERANCE
    depth: int = DEPTH
    leaf_share: float = LEAF_SHARE


class Round(NamedTuple):
    """One round; round 0 is the tree of the first training set.

    Attributes:
        moved: users who moved into the training set before this fit.
        left: users of the pool who are still left.
        threshold, f1_left, roc_auc_left: of the tree before, on who was left then; None in round 0, and ROC-AUC
            where all who were left are of one class.
        roc_auc, f1: of this round's tree on the validation part.
        roc_auc_test, f1_test: on the test part, which decides nothing.
    """

    number: int
    trained_on: int
    moved: int
    left: int
    threshold: float | None
    f1_left: float | None
    roc_auc_left: float | None
    roc_auc: float
    f1: float
    roc_auc_test: Estimate
    f1_test: float


@dataclass(frozen=True, eq=False)
class Loop:
    """All rounds, the chosen one with its tree, and why the loop ended."""

    rounds: list[Round]
    chosen: int
    tree: Any
    threshold: float
    ended: str


def run_loop(users: Users, parts: Parts, options: LookAlikeOptions, seed: int) -> Loop:
    """Runs the loop to its end, and chooses the round with the largest ROC-AUC on the validation part; the first of
    equals."""
    train, left = parts.start, parts.pool
    tree = fit_tree(users, train, options, len(parts.start), seed)
    rounds = [_judge(0, users, parts, tree, train, left, 0, None)]
    trees, ended = [tree], f"{options.most_rounds} rounds are the most"
    for number in range(1, options.most_rounds + 1):
        if len(left) <= options.tolerance * len(parts.pool):
            ended = f"{len(left):,} users are left, within {100 * options.tolerance:.3g} % of the pool"
            break
        selection = select_right(users.engaged[left], score(trees[-1], users, left))
        moved = int(selection.right.sum())
        if not moved:
            ended = "no remaining user is classified correctly"
            break
        train, left = np.sort(np.r_[train, left[selection.right]]), left[~selection.right]
        trees.append(fit_tree(users, train, options, len(parts.start), seed))
        rounds.append(_judge(number, users, parts, trees[-1], train, left, moved, selection))
        if _has_stalled(rounds, options.patience):
            ended = f"no larger ROC-AUC on the validation part for {options.patience} rounds"
            break
    chosen = int(np.argmax([one.roc_auc for one in rounds]))
    choice = select_right(users.engaged[parts.validation], score(trees[chosen], users, parts.validation))
    return Loop(rounds, chosen, trees[chosen], choice.threshold, ended)


def fit_tree(users: Users, rows: Integers, options: LookAlikeOptions, first: int, seed: int) -> Any:
    """A decision tree on some users."""
    from sklearn.tree import DecisionTreeClassifier

    leaf = max(int(options.leaf_share * first), 5)
    tree = DecisionTreeClassifier(max_depth=options.depth, min_samples_leaf=leaf, random_state=seed)
    return tree.fit(_frame(users, rows), users.engaged[rows].astype(np.int64))


def score(tree: Any, users: Users, rows: Integers | slice) -> Floats:
    """P(engaged) of some users: v, in [0, 1]."""
    probability: Floats = tree.predict_proba(_frame(users, rows))[:, 1]
    return probability


def _frame(users: Users, rows: Integers | slice) -> Any:
    import pandas as pd

    return pd.DataFrame(users.matrix[rows], columns=list(users.names))


def _judge(
    number: int,
    users: Users,
    parts: Parts,
    tree: Any,
    train: Integers,
    left: Integers,
    moved: int,
    before: SelectionQuality | None,
) -> Round:
    on_validation = score(tree, users, parts.validation)
    on_test = score(tree, users, parts.test)
    found = select_right(users.engaged[parts.validation], on_validation)
    return Round(
        number=number,
        trained_on=len(train),
        moved=moved,
        left=len(left),
        threshold=None if before is None else before.threshold,
        f1_left=None if before is None else before.f1,
        roc_auc_left=None if before is None or np.isnan(before.roc_auc) else before.roc_auc,
        roc_auc=found.roc_auc,
        f1=found.f1,
        roc_auc_test=area_under_curve(users.engaged[parts.test], on_test),
        f1_test=f1_at(users.engaged[parts.test], on_test, found.threshold),
    )


def _has_stalled(rounds: list[Round], patience: int) -> bool:
    best = int(np.argmax([one.roc_auc for one in rounds]))
    return len(rounds) - 1 - best >= patience
