"""What the broker says of the topics before a worker joins, and how long that is waited for."""

import asyncio
from collections.abc import Sequence
from itertools import chain, repeat

import pytest

from liftstream.contracts.errors import BrokerError
from liftstream.contracts.settings import KafkaSettings
from pipeline.group import preflight

KAFKA = KafkaSettings()
NAMES = (KAFKA.topic_demographic, KAFKA.topic_historic, KAFKA.topic_prediction)
ALL_THERE = dict.fromkeys(NAMES, 4)
ONE_MISSING = ALL_THERE | {KAFKA.topic_prediction: 0}


def asked(
    monkeypatch: pytest.MonkeyPatch, *answers: dict[str, int] | None
) -> tuple[dict[str, int], list[str]]:
    """What comes of these answers, the last one again and again, and what was said meanwhile."""
    following, said = chain(answers, repeat(answers[-1])), list[str]()

    async def answer(kafka: KafkaSettings, names: Sequence[str]) -> dict[str, int] | None:
        return next(following)

    async def at_once(_: float) -> None:
        pass

    monkeypatch.setattr(preflight, "_ask_partitions", answer)
    monkeypatch.setattr(preflight.asyncio, "sleep", at_once)
    return asyncio.run(preflight._partitions(KAFKA, NAMES, said.append)), said


def test_a_broker_that_is_slow_to_answer_is_waited_for_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, said = asked(monkeypatch, *[None] * 50, ALL_THERE)
    assert counts == ALL_THERE
    assert set(said) == {f"no answer from {KAFKA.bootstrap} yet"}


def test_a_topic_that_was_made_just_now_may_be_missing_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, said = asked(monkeypatch, ONE_MISSING, ONE_MISSING, ALL_THERE)
    assert counts == ALL_THERE
    assert set(said) == {f"{KAFKA.topic_prediction}: not there yet"}


def test_a_topic_that_stays_missing_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BrokerError, match=f"^{KAFKA.topic_prediction}: not on .*have it made, or set"):
        asked(monkeypatch, ONE_MISSING)
