"""The messages as the interface shows them, to the byte."""

import pytest

from liftstream.contracts.messages import (
    Decision,
    Demographic,
    Historic,
    Prediction,
    Revenue,
    Session,
    encode,
    key_of,
)


@pytest.mark.parametrize(
    ("message", "written"),
    [
        (Session(404180, "s1", 1700000000000), b'{"uuid":404180,"session":"s1","opened_ms":1700000000000}'),
        (Demographic(404180, 41, 1, 0), b'{"uuid":404180,"age":41,"man":1,"woman":0}'),
        (Historic(404180, {"cat0": 0, "u9": 1}), b'{"uuid":404180,"products":{"cat0":0,"u9":1}}'),
        (Prediction(404180, 1, "t"), b'{"uuid":404180,"value":1,"token":"t"}'),
        (
            Decision(404180, "s1", "e", "candidate", 1, True),
            b'{"uuid":404180,"session":"s1","experiment":"e","arm":"candidate","value":1,"answered":true}',
        ),
        (Revenue(404180, "s1", 19.5, 0), b'{"uuid":404180,"session":"s1","revenue":19.5,"revision":0}'),
    ],
)
def test_a_message_is_written_as_the_interface_shows_it(message: object, written: bytes) -> None:
    assert encode(message) == written


def test_the_key_of_a_record_is_the_uuid_as_text() -> None:
    assert key_of(-404180) == b"-404180"
