"""The two functions that Flink calls in Python, each over whole Arrow batches: read records, decide what leaves
the join."""

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
from pyflink.table import DataTypes
from pyflink.table.udf import ScalarFunction, udf

from liftstream.streams.definition import SideDefinition
from pipeline.decision import OutcomeRule, load_scorer
from pipeline.flink.outcomes import JoinedHalves, OutcomeWriter
from pipeline.flink.plan import Decider
from pipeline.flink.said import SaidReader

COLUMNS_A_SIDE = len(JoinedHalves._fields)
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def open_writer(decider: Decider) -> OutcomeWriter:
    """Loads the model, with every check of the worker's start."""
    with TemporaryDirectory(prefix="liftstream-model-") as folder:
        path = Path(folder) / "model.pmml"
        path.write_bytes(decider.model)
        if decider.card is not None:
            path.with_suffix(".json").write_bytes(decider.card)
        decision = OutcomeRule(load_scorer(path, decider.stream), decider.threshold)
    return OutcomeWriter(
        decider.stream, decider.window_ms, decider.lateness_ms, decider.token, decision.decide
    )


class ReadRecords(ScalarFunction):  # type: ignore[misc]
    """Decodes records, given their sides and values."""

    def __init__(self, sides: Sequence[SideDefinition]) -> None:
        self._sides = sides

    def open(self, _: Any) -> None:
        self._reader = SaidReader(self._sides)

    def eval(self, side: Any, value: Any) -> Any:
        return pd.Series(self._reader.read(side.to_numpy(), value.to_numpy(object)))


class WriteOutcomes(ScalarFunction):  # type: ignore[misc]
    """Turns the output of the join into the records that are written."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider

    def open(self, _: Any) -> None:
        for name in ONE_THREAD:
            os.environ.setdefault(name, "1")  # a slot is one core
        self._writer = open_writer(self._decider)

    def eval(self, reason: Any, *columns: Any) -> Any:
        arrays = [column.to_numpy(object if column.dtype == object else None) for column in columns]
        sides = JoinedHalves(*arrays[:COLUMNS_A_SIDE]), JoinedHalves(*arrays[COLUMNS_A_SIDE:])
        lines = self._writer.lines(reason.to_numpy(object), *sides)
        return pd.DataFrame(lines._asdict())


def read_records(sides: Sequence[SideDefinition]) -> Any:
    """`ReadRecords` as a function of a table."""
    return udf(ReadRecords(sides), result_type=DataTypes.BYTES(), func_type="pandas")


def write_outcomes(decider: Decider) -> Any:
    """`WriteOutcomes` as a function of a table."""
    types = {name: DataTypes.BYTES() for name in ("k", "v", "other_k", "other_v")}
    fields = [DataTypes.FIELD(name, kind) for name, kind in ({"aside": DataTypes.BOOLEAN()} | types).items()]
    return udf(WriteOutcomes(decider), result_type=DataTypes.ROW(fields), func_type="pandas")
