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


def test_ids_and_cities_of_a_csv_file_stay_the_texts_that_they_are(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("user_id,city\n007,NA\n7,Moscow\n")
    (tmp_path / "products.csv").write_text("product_id,price\n010,2.5\n10,9\n")
    (tmp_path / "sessions.csv").write_text(
        "session_id,timestamp,user_id,product_id,event_type,offered_discount,purchase_id\n"
        "1,2021-03-04T10:00:00,007,010,BUY_PRODUCT,0,1\n2,2021-03-05T10:00:00,7,10,VIEW_PRODUCT,0,\n"
    )
    found = read_folder(tmp_path)
    assert (found.users, found.cities) == (["007", "7"], ["NA", "Moscow"])
    assert (found.user.tolist(), found.price.tolist()) == ([0, 1], [2.5, 9.0])


def test_a_price_that_is_no_number_is_named_alone(tmp_path: Path) -> None:
    write(tmp_path, ".csv")
    products = pd.read_csv(tmp_path / "products.csv", dtype=str)
    products.loc[4, "price"] = "abc"
    products.to_csv(tmp_path / "products.csv", index=False)
    with pytest.raises(
        InputError, match="^[^;]*: products.csv, row 5, column price: 'abc' is not a price; [^;]*$"
    ):
        read_folder(tmp_path)


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
    for text in ("[", "[" * 100_000):
        (tmp_path / "users.json").write_text(text)
        with pytest.raises(InputError, match=r"users.json: cannot be read as json"):
            read_folder(tmp_path)
    (tmp_path / "users.json").write_text("[]")
    with pytest.raises(
        InputError, match=r"sessions.csv, row 1, column user_id: '\d+' is not among users.json; .*more"
    ):
        read_folder(tmp_path)


def test_a_value_that_cannot_be_used_is_named_by_file_row_and_column(tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("user_id,city\n1,Rome\n2,Oslo\n1,Bonn\n")
    (tmp_path / "products.csv").write_text("product_id,price\n7,10\n8,-5\n")
    (tmp_path / "sessions.json").write_text("[]")
    with pytest.raises(InputError) as caught:
        read_folder(tmp_path)
    assert "users.csv, row 3, column user_id: '1' is a duplicate of users.csv, row 1" in str(caught.value)
    assert "products.csv, row 2, column price: -5 is not a price" in str(caught.value)


@pytest.mark.parametrize(
    ("name", "column"), [("users", "user_id"), ("sessions", "offered_discount"), ("products", "price")]
)
def test_a_table_without_a_needed_column_is_refused_once(tmp_path: Path, name: str, column: str) -> None:
    write(tmp_path, ".csv")
    table = pd.read_csv(tmp_path / f"{name}.csv", dtype=str)
    table.drop(columns=column).to_csv(tmp_path / f"{name}.csv", index=False)
    with pytest.raises(InputError, match=f"{name}.csv, header: no column '{column}'; the header has [^;]*$"):
        read_folder(tmp_path)


def test_a_table_without_a_header_or_with_a_column_twice_is_refused(tmp_path: Path) -> None:
    write(tmp_path, ".csv")
    users = tmp_path / "users.csv"
    users.write_text("user_id,user_id\n1,1\n")
    with pytest.raises(InputError, match="users.csv, header: column 'user_id' appears twice"):
        read_folder(tmp_path)
    users.write_text("")
    with pytest.raises(InputError, match="users.csv: empty; the first line must name the columns"):
        read_folder(tmp_path)
