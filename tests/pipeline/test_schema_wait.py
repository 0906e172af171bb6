"""Waiting for a schema registry: nothing is decided without it, and nobody waits for what is known."""

import asyncio
from typing import Any

import pytest

from liftstream.contracts.errors import RegistryError
from liftstream.streams.formats.decoding import WireDecoder
from liftstream.streams.formats.schemas import RegisteredSchema
from pipeline import schema_wait
from pipeline.schema_wait import SchemaWait

VALUE = b'\0\0\0\0\7{"a": 1}'
AWAY = RegistryError("http://registry does not answer")


class Registry:
    """Gives what it is told to, one after another."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def __call__(self, schema_id: int) -> RegisteredSchema:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return RegisteredSchema(schema_id, "JSON", "{}")


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema_wait, "AGAIN_S", 0.0)


def wire(*answers: Any) -> WireDecoder:
    return WireDecoder("json-schema", Registry(*answers), 1_000)


def test_it_waits_until_the_registry_has_answered_and_says_why_meanwhile() -> None:
    waiting, said = SchemaWait(), list[str | None]()
    decoder = wire(AWAY, AWAY, "known")

    def is_over() -> bool:
        said.append(waiting.trouble)
        return False

    asyncio.run(waiting.learn(decoder, [VALUE], is_over))
    assert said == [
        None,
        "schema registry: http://registry does not answer",
        "schema registry: http://registry does not answer",
    ]
    assert waiting.trouble is None
    assert decoder.decode([VALUE]).values == [b'{"a": 1}']


def test_nobody_is_asked_for_what_is_known_or_has_no_schema() -> None:
    decoder = wire("known")
    asyncio.run(SchemaWait().learn(decoder, [VALUE], lambda: False))
    asyncio.run(
        SchemaWait().learn(decoder, [VALUE, None, b"x"], lambda: False)
    )  # another question would find no answer
    asyncio.run(SchemaWait().learn(None, [VALUE], lambda: False))


def test_it_ends_when_the_partition_was_given_back() -> None:
    waiting, times = SchemaWait(), list[int]()
    decoder = wire(*[AWAY] * 9)

    def is_over() -> bool:
        times.append(1)
        return len(times) > 2

    asyncio.run(waiting.learn(decoder, [VALUE], is_over))
    assert decoder.unlearned([VALUE]) == {7}
    assert waiting.trouble is None


def test_another_fault_than_the_registrys_is_not_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(SchemaWait().learn(wire(ZeroDivisionError()), [VALUE], lambda: False))
