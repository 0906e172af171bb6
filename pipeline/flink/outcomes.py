"""The output of the join as predictions and lines of the side output, with the worker's scorer and formats."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.side_output import NO_SCORE, Reason, alone_detail, encode_put_aside, put_aside
from liftstream.streams.definition import Stream
from pipeline.flink.said import fault_of, rows_of, uuids_of
from pipeline.records.feature_rows import matrix
from pipeline.records.predictions import PredictionForm

Decide = Callable[[NDArray[np.float64]], NDArray[np.int8]]
"""Decides every row of a feature matrix: 1, 0 or -1 (no score)."""


class JoinedHalves(NamedTuple):
    """One side of the join's output, column by column; `said` is None if this side is missing."""

    partitions: NDArray[Any]
    offsets: NDArray[Any]
    stamps: NDArray[Any]
    keys: NDArray[Any]
    values: NDArray[Any]
    said: NDArray[Any]


class Lines(NamedTuple):
    """The records to write, a row for each output of the join; a pair without a score has a second line, others None
    there."""

    aside: NDArray[np.bool_]
    keys: NDArray[np.object_]
    values: NDArray[np.object_]
    other_keys: NDArray[np.object_]
    other_values: NDArray[np.object_]


class OutcomeWriter:
    """Turns the output of the join into the records that are written.

    Args:
        stream: the stream whose records are joined.
        window_ms, lateness_ms: of the join.
        token: of the predictions.
        decide: the model.
    """

    def __init__(self, stream: Stream, window_ms: int, lateness_ms: int, token: str, decide: Decide) -> None:
        self._topics, self._decide = stream.topics, decide
        self._widths = [len(side.features) for side in stream.sides]
        self._window_ms, self._lateness_ms = window_ms, lateness_ms
        self._form = PredictionForm(token, stream.answer)

    def lines(self, reasons: NDArray[Any], demographic: JoinedHalves, historic: JoinedHalves) -> Lines:
        """Key and value of each line.

        Args:
            reasons: why a half is alone; None for a pair.
            demographic, historic: the halves.
        """
        count, sides = len(reasons), (demographic, historic)
        alone = np.array([reason is not None for reason in reasons], bool)
        lines = Lines(alone.copy(), *np.full((4, count), None, object))
        pairs = np.flatnonzero(~alone)
        if len(pairs):
            self._write_pairs(pairs, sides, lines)
        for index in np.flatnonzero(alone).tolist():
            side = 0 if demographic.said[index] is not None else 1
            detail = self._detail(reasons[index], sides[side].said[index])
            line = self._aside(reasons[index], detail, side, sides[side], index)
            lines.keys[index], lines.values[index] = line
        return lines

    def _write_pairs(
        self, pairs: NDArray[np.intp], sides: tuple[JoinedHalves, JoinedHalves], lines: Lines
    ) -> None:
        said = [halves.said[pairs].tolist() for halves in sides]
        rows = [rows_of(one, width) for one, width in zip(said, self._widths, strict=True)]
        values = self._decide(matrix(*rows))
        scored = values >= 0
        answered = pairs[scored]
        if len(answered):
            uuids = uuids_of([one for one, is_scored in zip(said[0], scored, strict=True) if is_scored])
            keys, bodies = zip(*self._form.fill(uuids, values[scored].tolist()), strict=True)
            lines.keys[answered], lines.values[answered] = keys, bodies
        for index in pairs[~scored].tolist():
            lines.aside[index] = True
            first, second = (self._aside("invalid", NO_SCORE, side, sides[side], index) for side in (0, 1))
            lines.keys[index], lines.values[index] = first
            lines.other_keys[index], lines.other_values[index] = second

    def _detail(self, reason: Reason, said: bytes) -> str:
        if reason == "invalid":
            return fault_of(said)
        return alone_detail(reason, self._window_ms + (self._lateness_ms if reason == "late" else 0))

    def _aside(
        self, reason: Reason, detail: str, side: int, halves: JoinedHalves, index: int
    ) -> tuple[bytes | None, bytes]:
        key, value = halves.keys[index], halves.values[index]
        place = self._topics[side], int(halves.partitions[index]), int(halves.offsets[index])
        return key, encode_put_aside(put_aside(reason, detail, *place, int(halves.stamps[index]), key, value))
