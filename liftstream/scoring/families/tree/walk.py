"""Trees as arrays, and rows walked through many of them at once, a level at a time.

Every inner state compares one column of a matrix with one number and names three next states: not above, above,
missing. A terminal state leads to itself. Trees share the arrays, so a forest is one walk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from liftstream.scoring.batch.columns import Floats

States = NDArray[np.intp]

NOWHERE: Final = 0
"""The state of rows without a prediction; every set of arrays has it."""

ELEMENTS_AT_ONCE: Final = 1 << 15
LEVELS_BETWEEN_PACKING: Final = 6


@dataclass(frozen=True)
class Arrays:
    """Trees over the columns of one matrix. `roots` [trees] are the states they start in, `depth` [trees] their levels.

    `jump` [2 * states] holds the next states: not above at 2 * state, above at 2 * state + 1.
    """

    column: States
    threshold: Floats
    jump: States
    unknown: States
    roots: States
    depth: States

    def walk(self, matrix: Floats) -> States:
        """The terminal states [trees, rows] of the rows of `matrix`."""
        rows, trees = len(matrix), len(self.roots)
        result = np.empty((trees, rows), dtype=np.intp)
        flat = np.ascontiguousarray(matrix.T).reshape(-1)
        gaps = bool(np.isnan(flat).any())
        step = max(1, ELEMENTS_AT_ONCE // max(rows, 1))
        for first in range(0, trees, step):
            part = slice(first, min(first + step, trees))
            levels = int(self.depth[part].max(initial=0))
            offsets = np.tile(np.arange(rows), part.stop - first)
            states = np.repeat(self.roots[part], rows)
            result[part] = self._walk(flat, rows, offsets, states, levels, gaps).reshape(
                part.stop - first, rows
            )
        return result

    def _walk(
        self, flat: Floats, rows: int, offsets: States, states: States, levels: int, gaps: bool
    ) -> States:
        done, active = states, None
        starts = self.column * rows
        for level in range(levels):
            if level and level % LEVELS_BETWEEN_PACKING == 0:
                states, offsets, active, done = self._pack(states, offsets, active, done)
                if not len(states):
                    break
            # mode="clip" spares numpy a copy; no index here is ever out of bounds
            values = flat.take(starts.take(states, mode="clip") + offsets, mode="clip")
            above = values > self.threshold.take(states, mode="clip")
            following = self.jump.take(2 * states + above, mode="clip")
            if gaps:
                missing = np.isnan(values)
                following = np.where(missing, self.unknown.take(states, mode="clip"), following)
            states = following
        if active is None:
            return states
        done[active] = states
        return done

    def _pack(
        self, states: States, offsets: States, active: States | None, done: States
    ) -> tuple[States, States, States, States]:
        """Leaves rows that have arrived behind."""
        if active is None:
            done, active = states.copy(), np.arange(len(states))
        else:
            done[active] = states
        moving = np.flatnonzero(self.jump.take(2 * states) != states)
        return states[moving], offsets[moving], active[moving], done


class Builder:
    """Collects the states of one tree or of many."""

    def __init__(self) -> None:
        self.column, self.threshold = [0], [np.inf]
        self.below, self.above, self.unknown = [NOWHERE], [NOWHERE], [NOWHERE]
        self.levels = [0]
        self.columns: dict[int, int] = {}

    def terminal(self) -> int:
        """A new terminal state."""
        state = len(self.column)
        self._append(0, np.inf, state, state, state, 0)
        return state

    def test(self, slot: int, threshold: float, below: int, above: int, unknown: int) -> int:
        """A state that compares a slot with a number; answers that an earlier comparison gave are not asked again."""
        column = self.columns.setdefault(slot, len(self.columns))
        while self._asks(above, column) and self.threshold[above] <= threshold:
            above = self.above[above]
        while self._asks(below, column) and self.threshold[below] >= threshold:
            below = self.below[below]
        while self._asks(unknown, column):
            unknown = self.unknown[unknown]
        if below == above == unknown:
            return below
        level = 1 + max(self.levels[below], self.levels[above], self.levels[unknown])
        self._append(column, threshold, below, above, unknown, level)
        return len(self.column) - 1

    def _asks(self, state: int, column: int) -> bool:
        return self.levels[state] > 0 and self.column[state] == column

    def _append(
        self, column: int, threshold: float, below: int, above: int, unknown: int, level: int
    ) -> None:
        for values, value in (
            (self.column, column),
            (self.threshold, threshold),
            (self.below, below),
            (self.above, above),
            (self.unknown, unknown),
            (self.levels, level),
        ):
            values.append(value)  # type: ignore[arg-type]

    def build(self, roots: Sequence[int]) -> Arrays:
        """The arrays of the trees that start in these states; their matrix has the slots of `columns` in order."""
        jump = np.empty(2 * len(self.column), dtype=np.intp)
        jump[0::2], jump[1::2] = self.below, self.above
        return Arrays(
            column=np.array(self.column, dtype=np.intp),
            threshold=np.array(self.threshold, dtype=np.float64),
            jump=jump,
            unknown=np.array(self.unknown, dtype=np.intp),
            roots=np.array(roots, dtype=np.intp),
            depth=np.array([self.levels[root] for root in roots], dtype=np.intp),
        )
