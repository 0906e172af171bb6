"""The four formats hold the same history; what cannot be read is named."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from liftstream.contracts.errors import InputError
from liftstream.forecast.request.data_object import read_data_object
from liftstream.simulation.spending.shop import generate_shop
from training.spending.tables import read_folder

DOCUMENT = generate_shop(4, users=20, months=3).data_object()
NAMES = ("users", "sessions", "products")


def write(folder: Path, ending: str) -> None:
    for name in NAMES:
        file, rows = folder / f"{name}{ending}", DOCUMENT[name]
        if ending == ".json":
            file.write_text(json.dumps(rows))
        elif ending == ".jsonl":
            file.write_text("".join(json.dumps(row) + "\n" for row in rows))
        elif ending == ".csv":
            pd.DataFrame(rows).to_csv(file, index=False)
        else:
            frame = pd.DataFrame(rows)
            if name == "sessions":
                frame["timestamp"] = pd.to_datetime(frame["timestamp"])
            frame.to_parquet(file)


@pytest.mark.parametrize("ending", [".json", ".jsonl", ".csv", ".parquet"])
def test_every_format_gives_the_same_history(ending: str, tmp_path: Path) -> None:
    write(tmp_path, ending)
    found, expected = read_folder(tmp_path), read_data_object(DOCUMENT)
    assert found.users == expected.users
    assert found.cities == expected.cities
    for name in ("user", "time_ms", "session", "price", "discount", "bought"):
        assert np.array_equal(getattr(found, name), getattr(expected, name)), name


def test_json_lines_in_a_file_called_json_are_read(tmp_path: Path) -> None:
    write(tmp_path, ".jsonl")
    for name in NAMES:
        (tmp_path / f"{name}.jsonl").rename(tmp_path / f"{name}.json")
    assert len(read_folder(tmp_path)) == len(DOCUMENT["sessions"])


def test_what_is_missing_double_or_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        read_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match="holds no users"):
        read_folder(tmp_path)
    write(tmp_path, ".csv")
    (tmp_path / "users.json").write_text("[")
    with pytest.raises(InputError, match="which is meant"):
        read_folder(tmp_path)
    (tmp_path / "users.csv").unlink()
    with pytest.raises(InputError, match=r"users.json: cannot be read as json"):
        read_folder(tmp_path)
    (tmp_path / "users.json").write_text("[]")
    with pytest.raises(InputError, match=r"sessions\[0\].user_id: '\d+' is not among \$.users; .*more"):
        read_folder(tmp_path)
