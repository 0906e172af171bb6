"""The folder of what is put aside: durable, whole lines only, shared by several workers, marked while it is written."""

import asyncio
import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from liftstream.contracts.errors import BrokerError, SettingsError, SideOutputError
from liftstream.contracts.settings import KafkaSettings, PipelineSettings, Settings
from liftstream.contracts.side_output import PutAside, decode_put_aside, encode_put_aside, put_aside
from liftstream.streams.loading import load_stream
from pipeline import side_output
from pipeline.replay.replay import mark_replayed, read_side_output
from pipeline.side_output import FolderOutput, TopicOutput, check_folder, check_topic, fit_line


def aside(offset: int, value: bytes | None = b'{"uuid":7,"age":30,"man":1,"woman":0}') -> PutAside:
    return put_aside("timeout", "no partner", "topic_demographic", 0, offset, 1000 + offset, b"7", value)


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sorted(folder.glob("*")) for line in file.read_text().splitlines()]


def test_a_line_has_exactly_the_names_of_the_contract(tmp_path: Path) -> None:
    asyncio.run(FolderOutput(tmp_path).put([aside(3), aside(4, b"\xff"), aside(5, None)]))
    first, second, third = lines(tmp_path)
    assert list(first) == [
        "reason", "detail", "topic", "partition", "offset", "timestamp_ms", "key", "value",
    ]  # fmt: skip
    assert second["value_base64"] == "/w=="
    assert "value" not in second
    assert third["value"] is None


@pytest.mark.parametrize("key", [None, b"", b"7", "ü".encode(), (2**60).to_bytes(8, "big"), b"\xff\\xff"])
def test_a_key_of_any_bytes_is_kept(key: bytes | None) -> None:
    kept = put_aside("late", "x", "topic", 0, 1, 2, key, b"{}")
    assert decode_put_aside(encode_put_aside(kept)).key_bytes() == key
    assert (b"key_base64" in encode_put_aside(kept)) == (
        key is not None and not key.isascii() and key != "ü".encode()
    )


def test_workers_that_share_a_folder_have_files_of_their_own(tmp_path: Path) -> None:
    async def work() -> None:
        one, other = FolderOutput(tmp_path), FolderOutput(tmp_path)
        await asyncio.gather(*(output.put([aside(n)]) for n in range(20) for output in (one, other)))

    asyncio.run(work())
    assert len(list(tmp_path.glob("*.jsonl"))) == 2
    assert sorted(line["offset"] for line in lines(tmp_path)) == sorted([*range(20), *range(20)])


def test_a_file_that_has_grown_is_followed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_output, "FILE_BYTES", 500)

    async def work() -> None:
        output = FolderOutput(tmp_path)
        for n in range(10):
            await output.put([aside(n)])

    asyncio.run(work())
    sizes = [file.stat().st_size for file in tmp_path.glob("*.jsonl")]
    assert len(sizes) > 2
    assert max(sizes) < 1000
    assert [line["offset"] for line in lines(tmp_path)] == list(range(10))


def test_what_comes_after_a_file_was_deleted_is_in_the_next(tmp_path: Path) -> None:
    async def work() -> None:
        output = FolderOutput(tmp_path / "aside")
        for n in range(3):
            await output.put([aside(n)])
            if n == 0:
                next((tmp_path / "aside").glob("*.jsonl")).unlink()
            if n == 1:
                shutil.rmtree(tmp_path / "aside")

    asyncio.run(work())
    assert [line["offset"] for line in lines(tmp_path / "aside")] == [2]


def test_on_a_full_disk_it_waits_says_why_and_leaves_no_torn_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, write = [30], os.write

    def scarce(file: int, content: bytes) -> int:
        if room[0] <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = write(file, content[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr(side_output, "RETRY_S", 0.01)
    monkeypatch.setattr(os, "write", scarce)

    async def work() -> None:
        output = FolderOutput(tmp_path)
        putting = asyncio.ensure_future(output.put([aside(1), aside(2)]))
        while output.trouble is None:
            await asyncio.sleep(0.01)
        assert "No space left on device" in output.trouble
        assert all(file.stat().st_size == 0 for file in tmp_path.glob("*.jsonl"))
        assert not putting.done()
        room[0] = 10_000
        await putting
        assert output.trouble is None

    asyncio.run(work())
    assert [line["offset"] for line in lines(tmp_path)] == [1, 2]


def test_what_was_replayed_is_marked_in_its_line_while_a_worker_goes_on_writing(tmp_path: Path) -> None:
    settings = Settings(pipeline=PipelineSettings(side_output=str(tmp_path)))

    async def work() -> None:
        output = FolderOutput(tmp_path)
        await output.put([aside(1), aside(2)])
        found = read_side_output(settings)
        await output.put([aside(3)])
        mark_replayed(found[:1])
        await output.put([aside(4)])

    asyncio.run(work())
    assert [(one.record.offset, one.record.replayed) for one in read_side_output(settings)] == [
        (1, True),
        (2, False),
        (3, False),
        (4, False),
    ]


def test_a_last_line_without_its_end_is_no_record_yet(tmp_path: Path) -> None:
    asyncio.run(FolderOutput(tmp_path).put([aside(1)]))
    (file,) = tmp_path.glob("*.jsonl")
    file.write_bytes(file.read_bytes() + b'{"reason":"timeo')
    found = read_side_output(Settings(pipeline=PipelineSettings(side_output=str(tmp_path))))
    assert [one.record.offset for one in found] == [1]


def test_where_no_broker_answers_a_side_output_that_is_a_topic_says_what_to_do() -> None:
    settings = Settings(
        kafka=KafkaSettings(bootstrap="127.0.0.1:1"), pipeline=PipelineSettings(side_output="topic:aside")
    )
    with pytest.raises(
        BrokerError, match="^no Kafka at 127.0.0.1:1; start the broker, or set KAFKA__BOOTSTRAP"
    ):
        read_side_output(settings)


@pytest.mark.parametrize("line", [b"{}", b"no json", b'{"reason":"\xff"}', b"[" * 30_000])
def test_a_line_that_is_no_record_is_named(line: bytes, tmp_path: Path) -> None:
    asyncio.run(FolderOutput(tmp_path).put([aside(1)]))
    (file,) = tmp_path.glob("*.jsonl")
    file.write_bytes(file.read_bytes() + line + b"\n")
    with pytest.raises(SideOutputError, match=f"{file}: line 2 is no record of the side output: "):
        read_side_output(Settings(pipeline=PipelineSettings(side_output=str(tmp_path))))


@pytest.mark.parametrize("place", ["a file", "below/a file"])
def test_a_place_that_is_no_folder_is_refused_at_the_start(place: str, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    (tmp_path / "below").write_text("")
    with pytest.raises(SettingsError, match="give a folder or topic:<name>"):
        check_folder(tmp_path / place)


def test_a_topic_keeps_the_key_and_the_whole_record() -> None:
    sent: list[Any] = []

    class TopicWriter:
        trouble = None

        async def deliver(self, parts: Any) -> None:
            sent.extend(parts)

    asyncio.run(TopicOutput(TopicWriter()).put([aside(1)]))  # type: ignore[arg-type]
    ((partition, ((key, value),)),) = sent
    assert (partition, key, json.loads(value)["offset"]) == (0, b"7", 1)


@pytest.mark.parametrize(
    "value", [b"\xff\x00" * 450_000, b'"' * 900_000, "ü".encode() * 450_000, b"7" * 900_000]
)
@pytest.mark.parametrize("key", [b"7", b"k" * 300_000])
def test_a_record_too_large_for_the_topic_is_cut_with_its_length_and_place(value: bytes, key: bytes) -> None:
    whole = put_aside("invalid", "too large", "topic_historic", 3, 17, 1000, key, value)
    for most in (1024, 100_000):
        sent_key, line = fit_line((whole.key.encode() if whole.key else None, encode_put_aside(whole)), most)
        assert len(sent_key or b"") + len(line) <= most
        found = decode_put_aside(line)
        assert (found.partition, found.offset, found.whole_bytes) == (3, 17, len(value))
        assert value.startswith(found.value_bytes() or b"")
        assert most == 1024 or len(found.value_bytes() or b"") > 5_000


def test_a_record_that_fits_is_written_as_it_is() -> None:
    record = b"7", encode_put_aside(aside(1))
    assert fit_line(record, len(record[0]) + len(record[1])) is record


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("topic_historic", "the worker reads this topic"),
        ("topic_student_prediction", "the worker answers to this topic"),
        ("", "no topic"),
        ("félre", "no topic"),
        ("..", "no topic"),
        ("a" * 250, "no topic"),
    ],
)
def test_a_topic_of_the_streams_own_and_one_that_cannot_be_are_refused(name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        check_topic(name, load_stream(Settings()))


def test_another_topic_is_taken() -> None:
    check_topic("put.aside-1_x", load_stream(Settings()))
