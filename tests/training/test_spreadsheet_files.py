"""Tables as spreadsheets save them are read like those that a program wrote."""

import csv
import gzip
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from liftstream.contracts.errors import InputError
from liftstream.simulation.spending.shop import generate_shop
from training.cross_selling.money_file import read_money
from training.look_alike.reading import read_users
from training.similar_items.reading import read_folder
from training.spending.tables import read_folder as read_spending
from training.uplift.files import read_table
from training.whole_tables import parse

Rows = list[list[str]]


def written(rows: Rows, delimiter: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def with_commas(rows: Rows) -> Rows:
    return [[cell.replace(".", ",") if is_number(cell) else cell for cell in row] for row in rows]


def is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def wider(rows: Rows) -> Rows:
    """With two columns and two rows that hold nothing."""
    return [[*row, "", ""] for row in [*rows, [""] * len(rows[0]), [""] * len(rows[0])]]


SAVED: dict[str, Callable[[Rows], bytes]] = {
    "semicolons, decimal commas, a byte order mark": lambda rows: written(with_commas(rows), ";").encode("utf-8-sig"),
    "a first line that names the mark": lambda rows: ("sep=;\r\n" + written(rows, ";")).encode(),
    "Unicode text": lambda rows: written(rows, "\t").encode("utf-16"),
    "every cell in quotes": lambda rows: written(rows, ",", csv.QUOTE_ALL).encode(),
    "empty columns and rows": lambda rows: written(wider(rows), ",").encode(),
    "empty columns, rows and decimal commas": lambda rows: written(wider(with_commas(rows)), ";").encode(),
}  # fmt: skip
as_people_save_them = pytest.mark.parametrize("save", SAVED.values(), ids=SAVED.keys())
RNG = np.random.default_rng(4)
USERS: Rows = [
    ["user", "engaged", "minutes"],
    *([f"u{i}", str(i % 2), f"{RNG.normal():.3f}"] for i in range(50)),
]
CLIENTS: Rows = [
    ["mail", "spent", "age", "channel"],
    *([str(i % 2), f"{RNG.gamma(2):.2f}", f"{RNG.normal(40):.1f}", ("web", "shop")[i % 3 == 0]] for i in range(900)),
]  # fmt: skip
ITEMS: Rows = [["item", "title", "release_date"], *([f"i{i}", f"Title {i}", "2025-01-31"] for i in range(9))]
SEEN: Rows = [
    ["user", "item", "watched_share"],
    *([f"u{i % 20}", f"i{i % 9}", f"{RNG.uniform():.2f}"] for i in range(180)),
]


@as_people_save_them
def test_users(save: Callable[[Rows], bytes], tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_bytes(save(USERS))
    found = read_users(file)
    assert found.names == ("minutes",)
    assert found.matrix[:, 0].tolist() == [float(row[2]) for row in USERS[1:]]


@as_people_save_them
def test_clients_of_an_experiment(save: Callable[[Rows], bytes], tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_bytes(save(CLIENTS))
    found = read_table(file, "mail", "spent", ())
    assert list(found.table) == ["age", "channel"]
    assert found.table["age"].tolist() == [float(row[2]) for row in CLIENTS[1:]]
    assert found.outcome.tolist() == [float(row[1]) for row in CLIENTS[1:]]


@as_people_save_them
def test_titles_and_who_watched_them(save: Callable[[Rows], bytes], tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_bytes(save(ITEMS))
    (tmp_path / "interactions.csv").write_bytes(save(SEEN))
    catalogue, watching = read_folder(tmp_path, pytest.fail)
    assert catalogue.title.tolist() == [row[1] for row in ITEMS[1:]]
    assert np.allclose(watching.share, [float(row[2]) for row in SEEN[1:]])


@as_people_save_them
def test_a_shop_of_spending(save: Callable[[Rows], bytes], tmp_path: Path) -> None:
    document = generate_shop(4, users=20, months=3).data_object()
    for name in ("users", "sessions", "products"):
        rows = document[name]
        cells = [["" if row[key] is None else str(row[key]) for key in rows[0]] for row in rows]
        (tmp_path / f"{name}.csv").write_bytes(save([list(rows[0]), *cells]))
    found = read_spending(tmp_path)
    assert len(found) == len(document["sessions"])
    assert np.isclose(found.price.sum(), sum(_price(row, document) for row in document["sessions"]))


def _price(session: dict[str, object], document: dict[str, list[dict[str, float]]]) -> float:
    prices = {row["product_id"]: row["price"] for row in document["products"]}
    return prices[session["product_id"]]  # type: ignore[index]


@as_people_save_them
def test_money_and_cells_that_stay_text(save: Callable[[Rows], bytes], tmp_path: Path) -> None:
    rows = [["idx", "value"], ["1", "2.50"], ["2", "-0.25"], ["3", "1000.125"]]
    file = tmp_path / "money.csv"
    file.write_bytes(save(rows))
    assert read_money(file, file, np.array([1, 2, 3])).tolist() == [2.5, -0.25, 1000.125]
    assert parse(file, ("value",), as_text=True)["value"].tolist() == ["2.50", "-0.25", "1000.125"]


def test_a_workbook_is_told_to_be_saved_as_csv(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_bytes(b"PK\x03\x04 and more")
    with pytest.raises(
        InputError, match="users.csv: is an Excel workbook or a zip archive; save the sheet as CSV"
    ):
        read_users(file)


def test_parquet_under_the_name_of_a_csv_is_told_to_be_renamed(tmp_path: Path) -> None:
    (tmp_path / "mails.csv").write_bytes(b"PAR1 and more")
    with pytest.raises(InputError, match="mails.csv: is a Parquet file; let its name end in .parquet"):
        parse(tmp_path / "mails.csv", ("mail",))


def test_a_thousand_that_may_be_a_decimal_is_no_number(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_bytes(b"user;engaged;minutes\nu1;0;1,234\nu2;1;2,345\n")
    with pytest.raises(InputError, match=r"row 1, column minutes: '1,234' is not a number"):
        read_users(file)


def test_a_user_has_one_row(tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_bytes(b"user,engaged,minutes\na,0,1\nb,1,2\na,1,3\n")
    with pytest.raises(
        InputError, match="row 3, column user: 'a' stands in row 1 already; a user has one row"
    ):
        read_users(file)


def cut(rows: Rows) -> bytes:
    """Compressed, and half of it lost."""
    packed = gzip.compress(written(rows * 40, ",").encode())
    return packed[: len(packed) // 2]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (cut, r"\.gz: cannot be (unpacked|read): .*(end-of-stream|Truncated)"),
        (lambda rows: written(rows, ",").encode("utf-16")[:-1], "not UTF-16.*; save it as CSV in UTF-8"),
        (lambda rows: written([*rows, ["caf\u00e9"] * len(rows[0])], ",").encode("latin-1"), "not UTF-8.*; save it as CSV in UTF-8"),
    ],
)  # fmt: skip
def test_a_file_that_breaks_off_or_is_no_text_is_refused_in_one_line(
    content: Callable[[Rows], bytes], said: str, tmp_path: Path
) -> None:
    file = tmp_path / "table.csv.gz"
    for rows, read in ((USERS, read_users), (CLIENTS, lambda path: read_table(path, "mail", "spent", ()))):
        file.write_bytes(content(rows) if content is cut else gzip.compress(content(rows)))
        with pytest.raises(InputError, match=said) as caught:
            read(file)
        assert "\n" not in str(caught.value)
