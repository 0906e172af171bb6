"""Predictions as matrices of bytes are those that are written one by one."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import numpy as np
import pytest

from liftstream.service.kafka.even_records import EvenRecords
from liftstream.streams.ids import Id
from pipeline.records.id_columns import Ids, as_ids, column_of
from pipeline.records.predictions import FEWEST, KeyedPrediction, PredictionForm
from testbed.task_stream import TASK

COUNT = 400
IDS: dict[str, Sequence[Id]] = {
    "one length": range(100_000, 100_000 + COUNT),
    "from zero": range(COUNT),
    "the largest": range(2**63 - COUNT, 2**63),
    "two lengths": range(1_000 - COUNT // 2, 1_000 + COUNT // 2),
    "too many lengths": [10 ** (at % 8) for at in range(COUNT)],
    "negative": [at - COUNT // 2 for at in range(COUNT)],
    "too few": range(FEWEST - 1),
    "uuids": [str(UUID(int=at)) for at in range(COUNT)],
    "texts that JSON writes longer": [f'"{at}' if at % 3 else f"ü{at}" for at in range(COUNT)],
}


def column(ids: Sequence[Id]) -> Ids:
    return as_ids(ids, column_of("text" if isinstance(ids[0], str) else "integer"))


def parted(form: PredictionForm, ids: Sequence[Id]) -> list[tuple[int, Sequence[KeyedPrediction]]]:
    """In three partitions, the values by turns."""
    numbers = np.arange(len(ids))
    return form.fill_by_partition(column(ids), (numbers % 2).astype(np.int8), numbers * 7 % 3)


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("kind", IDS)
def test_each_partition_gets_the_predictions_that_are_filled_one_by_one(kind: str, *, keyed: bool) -> None:
    ids = list(IDS[kind])
    form = PredictionForm("a-token", replace(TASK.answer, keyed=keyed))
    one_by_one = form.fill(ids, [at % 2 for at in range(len(ids))])
    found: dict[int, list[KeyedPrediction]] = {0: [], 1: [], 2: []}
    for partition, records in parted(form, ids):
        found[partition] += records
    for partition, records in found.items():
        known = [one for at, one in enumerate(one_by_one) if at * 7 % 3 == partition]
        assert sorted(records, key=lambda one: one[1]) == sorted(known, key=lambda one: one[1])


@pytest.mark.parametrize(
    ("kind", "even"), [("one length", True), ("two lengths", True), ("uuids", True), ("too few", False)]
)
def test_they_are_matrices_where_there_are_many_of_few_lengths(kind: str, *, even: bool) -> None:
    records = [one for _, one in parted(PredictionForm("a-token", TASK.answer), list(IDS[kind]))]
    assert {isinstance(one, EvenRecords) for one in records} == {even}


def test_the_predictions_of_one_client_stay_in_their_order() -> None:
    ids = [7 if at % 2 else 1000 + at for at in range(200)]
    values = (np.arange(200) // 100).astype(np.int8)
    (_, long), (_, short) = sorted(
        PredictionForm("a-token", TASK.answer).fill_by_partition(
            column(ids), values, np.zeros(200, np.int64)
        ),
        key=lambda one: -len(one[1][0][1]),
    )
    assert [b'"value":1' in value for _, value in short] == [False] * 50 + [True] * 50
    assert len(long) == 100
