"""What a job is refused for before anything is submitted, each in one line."""

import pickle
from pathlib import Path

import numpy as np
import pytest

from liftstream.contracts.errors import InputError, SettingsError
from liftstream.contracts.settings import PipelineSettings, Settings
from pipeline.flink.plan import plan_of
from pipeline.flink.said import SaidReader, fault_of
from testbed.task_stream import TASK
from tests.streams.definitions import CARD


def settings_of(**pipeline: object) -> Settings:
    chosen = {"token": "t", "side_output": "topic:aside"} | pipeline
    return Settings(pipeline=PipelineSettings.model_validate(chosen))


def test_the_plan_holds_the_model_by_content_with_the_threshold_of_its_card() -> None:
    plan = plan_of(settings_of(join_window_s=1.5))
    assert plan.decider.model.startswith(b"<")
    assert 0 < plan.decider.threshold < 1
    assert (plan.decider.window_ms, plan.side_topic, plan.transactions) == (1500, "aside", None)


@pytest.mark.parametrize(
    ("chosen", "kind", "words"),
    [
        ({"token": None}, SettingsError, "PIPELINE__TOKEN is missing or empty"),
        ({"side_output": "side-output/"}, SettingsError, "is a folder.*set it to topic:<name>"),
        ({"model": Path("nowhere.pmml")}, InputError, "nowhere.pmml: no such model file"),
    ],
)
def test_a_job_that_cannot_run_is_refused_with_what_to_set(
    chosen: dict[str, object], kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words):
        plan_of(settings_of(**chosen))


def test_a_stream_that_the_join_in_java_cannot_serve_is_refused_with_what_it_has(tmp_path: Path) -> None:
    definition = tmp_path / "card.yaml"
    definition.write_text(CARD.replace("format: avro", "format: json"))
    with pytest.raises(SettingsError, match="card-risk has ids of type uuid, not integer; .*a worker does"):
        plan_of(settings_of(stream=definition))


def test_the_stream_travels_with_the_job_and_reads_as_before() -> None:
    decider = pickle.loads(pickle.dumps(plan_of(settings_of()).decider))  # noqa: S301
    assert decider.stream == TASK
    said = SaidReader(decider.stream.sides).read(np.array([0]), np.array([b'{"uuid":1,"man":1}'], object))
    assert fault_of(said[0]) == "age missing"
