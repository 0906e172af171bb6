"""What was taken and not acknowledged is handed out once by the next journal on the folder."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import msgspec
import pytest

from liftstream.contracts.errors import InputError
from liftstream.similar_ads import journal as journal_file
from liftstream.similar_ads.journal import Journal, JournalRecord

KILLED = """
import os, sys
from pathlib import Path
import msgspec
from liftstream.similar_ads.journal import Journal, JournalRecord
journal = Journal(Path(sys.argv[1]))
for number in range(5):
    segment = journal.append(JournalRecord("t", str(number), msgspec.Raw(b'{"n":%d}' % number)))
    if number < 2:
        journal.acknowledge(segment)
os.kill(os.getpid(), 9)
"""


def record(number: int) -> JournalRecord:
    return JournalRecord("t", str(number), msgspec.Raw(b'{"n":%d}' % number))


def keys(journal: Journal) -> list[str]:
    return [one.key for one in journal.take_over()]


def files(folder: Path) -> list[int]:
    return [one.stat().st_size for one in folder.glob("*.jsonl")]


def test_what_a_killed_process_left_is_taken_over_once(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, tmp_path], check=False).returncode == -9
    journal = Journal(tmp_path)
    assert keys(journal) == [
        "2",
        "3",
        "4",
    ]  # each of the first two was acknowledged while nothing else was under way
    journal.close()
    again = Journal(tmp_path)
    assert keys(again) == []
    again.close()
    assert files(tmp_path) == []


def test_files_of_a_process_that_lives_are_left_alone(tmp_path: Path) -> None:
    first = Journal(tmp_path)
    first.append(record(1))
    second = Journal(tmp_path)
    assert keys(second) == []
    first.close()
    second.close()
    third = Journal(tmp_path)
    assert keys(third) == ["1"]


def test_half_a_line_is_nobodys_record(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(msgspec.json.encode(record(1)) + b'\n{"topic": "t", "ke')
    assert keys(Journal(tmp_path)) == ["1"]


def test_a_line_that_a_disk_has_spoilt_does_not_hold_up_the_others(tmp_path: Path) -> None:
    first, spoilt, last = (msgspec.json.encode(record(number)) for number in range(3))
    spoilt = spoilt.replace(b'"t"', b'"\xff"')
    (tmp_path / "a.jsonl").write_bytes(b"\n".join([first, spoilt, last]))
    assert keys(Journal(tmp_path)) == ["0", "2"]


def test_files_do_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_file, "ROLL_BYTES", 1_000)
    journal = Journal(tmp_path)
    waiting = [journal.append(record(number)) for number in range(100)]
    assert len(files(tmp_path)) > 2
    for segment in waiting:
        journal.acknowledge(segment)
    assert files(tmp_path) == [0]
    journal.close()
    assert files(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_named_with_its_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"SIMILAR_ADS__JOURNAL: .*name another folder"):
        Journal(tmp_path / "file" / "inside")


def test_a_record_is_on_the_disk_when_somebody_waited_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, on_disk = Journal(tmp_path), list[bytes]()
    (file,) = tmp_path.glob("*.jsonl")
    monkeypatch.setattr(os, "fdatasync", lambda _: on_disk.append(file.read_bytes()))
    journal.append(record(1))
    second = journal.append(record(2))
    journal.sync(second)
    assert b'"key":"1"' in on_disk[0]
    assert b'"key":"2"' in on_disk[0]
    journal.sync(second)
    third = journal.append(record(3))
    for noted in (second, second, third):
        journal.acknowledge(noted)
    journal.sync(third)
    assert len(on_disk) == 1  # what is on the disk, or in Kafka, waits for nothing


def test_those_who_wait_at_the_same_time_share_a_call_to_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, calls, all_noted = Journal(tmp_path), list[int](), threading.Event()

    def slow(file: int) -> None:
        assert all_noted.wait(30)
        calls.append(file)

    monkeypatch.setattr(os, "fdatasync", slow)
    have_noted = threading.Semaphore(0)

    def note_and_wait() -> None:
        noted = journal.append(record(1))
        have_noted.release()
        journal.sync(noted)

    threads = [threading.Thread(target=note_and_wait) for _ in range(30)]
    for thread in threads:
        thread.start()
    for _ in threads:
        assert have_noted.acquire(timeout=30)
    all_noted.set()
    for thread in threads:
        thread.join(30)
    assert 1 <= len(calls) <= 2  # who came first, and all others


def test_a_full_disk_refuses_a_record_and_leaves_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, write = Journal(tmp_path), os.write
    journal.append(record(1))
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:7]))
    with pytest.raises(OSError, match="No space left"):
        journal.append(record(2))
    monkeypatch.undo()
    journal.append(record(3))
    journal.close()
    assert keys(Journal(tmp_path)) == ["1", "3"]
