"""What was taken and not acknowledged is handed out once by the next journal on the folder."""

import subprocess
import sys
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
