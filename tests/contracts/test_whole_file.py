"""Files appear whole or not at all."""

from pathlib import Path

import pytest

from liftstream.contracts.errors import InputError
from liftstream.contracts.whole_file import open_whole, write_whole


def test_an_error_on_the_way_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "model.pmml"
    write_whole(file, b"old")
    with pytest.raises(RuntimeError), open_whole(file) as writing:
        writing.write(b"half of the new")
        raise RuntimeError
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    write_whole(tmp_path / "a/b/file", b"x")
    assert (tmp_path / "a/b/file").read_bytes() == b"x"


def test_a_refusing_folder_is_one_line_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="file/below: cannot be written"):
        write_whole(tmp_path / "file/below", b"x")


def test_a_folder_in_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written: it is a folder; name a file in it"):
        write_whole(tmp_path, b"")
