"""Finds columns whose distribution differs between the arms: known only afterwards, or the arms were not drawn at
random."""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from liftstream.experiment.compare.means import z_test
from liftstream.experiment.moments import Moments
from training.uplift.features import Column, Say
from training.uplift.tree.binning import Floats
from training.uplift.tree.tree import Bits

DIFFERS_P: Final = 0.01
"""Significance level over all columns together: one honest training in a hundred loses a column."""


def differing(columns: Sequence[Column], matrix: Sequence[Floats], treatment: Bits) -> dict[str, str]:
    """The fields with a column whose mean differs between the arms, and how it differs.

    A feature that was known before cannot differ but by chance, when the arms were drawn by chance.
    """
    found: dict[str, str] = {}
    for column, values in zip(columns, matrix, strict=True):
        known = np.isfinite(values)
        arms = [Moments.of(values[known & (treatment == arm)]) for arm in (0, 1)]
        if min(arm.n for arm in arms) >= 2 and _differ(arms[0], arms[1], DIFFERS_P / len(columns)):
            found.setdefault(
                column.field, f"{column.title}: {arms[1].mean:.4g} influenced, {arms[0].mean:.4g} left alone"
            )
    return found


def _differ(first: Moments, second: Moments, p: float) -> bool:
    if not (first.m2 > 0 or second.m2 > 0):  # the same value in all clients of an arm
        return bool(first.mean != second.mean)
    return bool(z_test(first, second, alternative="two-sided").pvalue < p)


def leave_out(found: dict[str, str], kept: Collection[str], say: Say) -> set[str]:
    """The fields to leave out, which are reported; those that the user named are kept, and reported too."""
    for name, how in found.items():
        what = (
            "differs between the arms, though you named it"
            if name in kept
            else "is left out: it differs between the arms"
        )
        more = "" if name in kept else "; keep it by naming it in --features"
        say(
            f"column {name!r} {what} ({how}): known only afterwards, or the arms were not drawn by chance{more}"
        )
    return set(found) - set(kept)
