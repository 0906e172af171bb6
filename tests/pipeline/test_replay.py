"""Which clients can be sent again: those of whom both halves are known and not replayed yet."""

from pathlib import Path

from click.testing import CliRunner

from liftstream.cli.pipeline.side_output import side_output
from liftstream.contracts.side_output import PutAside, put_aside
from pipeline.replay.replay import Line, pair_up
from testbed.task_stream import TASK, named

STREAM = named(TASK, "d", "h")


def demographic(uuid: int, offset: int = 0, *, stamp: int = 0, age: int = 30) -> PutAside:
    value = b'{"uuid":%d,"age":%d,"man":1,"woman":0}' % (uuid, age)
    return put_aside("timeout", "", "d", 0, offset, stamp, b"%d" % uuid, value)


def historic(uuid: int, offset: int = 0) -> PutAside:
    return put_aside("timeout", "", "h", 0, offset, 0, b"%d" % uuid, b'{"uuid":%d,"products":{}}' % uuid)


def test_a_client_with_both_halves_is_whole_and_one_with_one_half_is_not() -> None:
    whole, alone = pair_up([Line(demographic(1)), Line(historic(1)), Line(historic(2))], STREAM)
    assert [set(known.halves) for known in whole] == [{"d", "h"}]
    assert alone == 1


def test_of_several_halves_of_a_side_the_newest_is_sent_and_all_are_marked() -> None:
    lines = [Line(demographic(1, 5, stamp=20)), Line(demographic(1, 9, stamp=10)), Line(historic(1))]
    ((known,), _) = pair_up(lines, STREAM)
    assert known.halves["d"].offset == 5
    assert known.lines == lines


def test_what_was_replayed_what_is_invalid_and_other_topics_are_left_alone() -> None:
    from msgspec.structs import replace

    replayed = replace(demographic(1), replayed=True)
    invalid = replace(demographic(2), reason="invalid")
    elsewhere = replace(demographic(3), topic="x")
    assert pair_up(map(Line, (replayed, invalid, elsewhere)), STREAM) == ([], 0)


def test_nothing_to_send_asks_no_broker(tmp_path: Path) -> None:
    environment = {
        "LIFTSTREAM_KAFKA__BOOTSTRAP": "127.0.0.1:1",
        "LIFTSTREAM_PIPELINE__SIDE_OUTPUT": str(tmp_path),
    }
    done = CliRunner(env=environment).invoke(side_output, ["replay"])
    assert (done.exit_code, "0 clients" in done.stdout) == (0, True), done.output
