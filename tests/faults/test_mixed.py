"""The proved stream of 40 mixed features: what its arithmetic says is what its model says of what its records say."""

from pathlib import Path

import numpy as np
import pytest

from liftstream.contracts.settings import PipelineSettings, Settings
from liftstream.prove.traffic import mixed
from liftstream.prove.traffic.arithmetic import AGE_WITHOUT_SCORE
from liftstream.prove.traffic.clients import DrawnClients
from liftstream.prove.traffic.streams import STREAMS
from liftstream.streams.ids import as_written
from liftstream.streams.loading import load_stream
from pipeline.model import served_model
from pipeline.records.feature_rows import matrix
from pipeline.records.stream_decoder import StreamDecoder


class Served:
    """The stream with its model, read as a worker reads them."""

    def __init__(self, folder: Path, *, inverse: bool = False) -> None:
        file, model = folder / "mixed.yaml", folder / "mixed.pmml"
        file.write_text(mixed.DEFINITION, encoding="utf-8")
        model.write_text(mixed.document(inverse=inverse), encoding="utf-8")
        self.decoder = StreamDecoder(load_stream(Settings(), file))
        self._model = served_model(PipelineSettings(model=model, threshold=mixed.THRESHOLD), self.decoder)

    def decide(self, halves: tuple[list[bytes], list[bytes]]) -> tuple[list[object], list[int]]:
        """ids and decisions of the pairs of halves at equal places."""
        decoded = [one.decode(values) for one, values in zip(self.decoder.sides, halves, strict=True)]
        assert [one.faults for one in decoded] == [[], []]
        ids = decoded[0].uuids.tolist()
        assert ids == decoded[1].uuids.tolist()
        return list(map(as_written, ids)), self._model.decide(matrix(*(one.rows for one in decoded))).tolist()


def drawn(age: int | None = None) -> DrawnClients:
    return mixed.draw(np.random.default_rng(3), range(2000), age)


@pytest.mark.parametrize("inverse", [False, True])
def test_the_decision_that_is_right_is_the_models(tmp_path: Path, inverse: bool) -> None:
    served, clients = Served(tmp_path, inverse=inverse), drawn()
    assert len(served.decoder.stream.features) == 40
    ids, values = served.decide(clients.halves)
    assert [STREAMS["mixed"].uuid_of(one) for one in ids] == clients.uuids
    assert values == [value != inverse for value in clients.values]
    assert 0.3 < np.mean(values) < 0.7


def test_odd_halves_are_read_and_decided_with_0_and_an_age_without_score_has_none(tmp_path: Path) -> None:
    served = Served(tmp_path)
    ids, values = served.decide(mixed.odd_halves(77))
    assert {STREAMS["mixed"].uuid_of(one) for one in ids} == {77}
    assert values == [0] * 4
    assert set(served.decide(drawn(AGE_WITHOUT_SCORE).halves)[1]) == {-1}
