"""A worker without Kafka: what it would write is kept, what it would read is handed to it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liftstream.contracts.fetch import Partition
from liftstream.contracts.settings import PipelineSettings, Settings
from liftstream.contracts.side_output import PutAside
from liftstream.service.kafka.aiokafka.lean_records import PolledRecord, PolledRecords, fetch_of
from liftstream.service.kafka.writer import Parts
from pipeline.model import ServedModel
from pipeline.records.feature_rows import FeatureRows
from pipeline.worker import Worker

DEMOGRAPHIC, HISTORIC = Partition("topic_demographic", 0), Partition("topic_historic", 0)


Record = PolledRecord


def polled(*records: Record) -> PolledRecords:
    """Records of a partition that follow each other without a gap before or behind them."""
    return PolledRecords(fetch_of(records), records[0].offset, records[-1].offset + 1)


class Kept:
    """Both a writer and a side output: keeps everything, and says nothing is wrong unless told."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.predictions: list[tuple[bytes | None, bytes]] = []
        self.aside: list[PutAside] = []

    async def deliver(self, parts: Parts) -> None:
        for _, records in parts:
            self.predictions += records

    async def put(self, records: Sequence[PutAside]) -> None:
        self.aside += records

    async def close(self) -> None:
        pass


class Threshold:
    """Scores a client by age."""

    default_threshold: float | None = 40.0
    sha256 = "0" * 64

    def score(self, matrix: NDArray[np.float64]) -> NDArray[np.float64]:
        return matrix[:, 0]


def worker_in(folder: Path, scorer: Any = None, **settings: Any) -> tuple[Worker, Kept]:
    """A worker whose state is in `folder`, and what it writes."""
    model = folder / "model.pmml"
    model.touch()
    chosen = {"token": "a-token", "model": model, "state": folder / "state"} | settings
    pipeline = PipelineSettings.model_validate(chosen)
    kept: Any = Kept()
    worker = Worker(
        Settings(pipeline=pipeline), ServedModel(pipeline, lambda _: scorer or Threshold()), kept, kept
    )
    return worker, kept


def demographic(offset: int, uuid: int, stamp: int = 1000, *, age: int = 41, keyed: bool = True) -> Record:
    value = b'{"uuid":%d,"age":%d,"man":1,"woman":0}' % (uuid, age)
    return Record(offset, stamp, b"%d" % uuid if keyed else None, value)


def historic(offset: int, uuid: int, stamp: int = 1000, *, keyed: bool = True) -> Record:
    return Record(offset, stamp, b"%d" % uuid if keyed else None, b'{"uuid":%d,"products":{}}' % uuid)


async def nothing_lost(partition: Partition) -> int:
    """The broker still has everything."""
    return 0


def listed(rows: FeatureRows) -> list[list[float]]:
    """Features as numbers, a list a row."""
    return [rows.exact.get(number, small).tolist() for number, small in enumerate(rows.small)]
