"""Files and frames as people have them: command and Python say the same, and nothing is merged without a word."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import polars
import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyarrow import parquet

from liftstream import experiment
from liftstream.cli.app import liftstream
from liftstream.contracts.errors import LiftstreamError

HEAD = "client,arm,revenue"


def told(path: Path, *options: str) -> dict[str, Any] | str:
    """The report of the command, or its one line of refusal."""
    done = CliRunner().invoke(liftstream, ["analyze", str(path), *options, "--json"])
    if isinstance(done.exception, LiftstreamError):
        assert len(str(done.exception).splitlines()) == 1
        return str(done.exception)
    assert done.exception is None, done.exception
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def written(folder: Path, rows: list[tuple[Any, ...]], delimiter: str = ",", encoding: str = "utf-8") -> Path:
    file = folder / "clients.csv"
    lines = [HEAD.replace(",", delimiter), *(delimiter.join(map(str, row)) for row in rows)]
    file.write_bytes(("\n".join(lines) + "\n").encode(encoding))
    return file


def means(report: Any) -> list[tuple[str, int, float]]:
    arms = report["arms"] if isinstance(report, dict) else [arm.to_dict() for arm in report.arms]
    return [(arm["arm"], arm["n"], pytest.approx(arm["mean"])) for arm in arms]


IDS = [
    ("007", "original", 1), ("7", "original", 2), ("7.0", "original", 4), ("0007", "candidate", 3), (str(2**60), "candidate", 5),
    (str(2**60 + 1), "candidate", 6), (str(2**60), "candidate", 1),
]  # fmt: skip


def test_every_source_tells_the_same_ids_apart(tmp_path: Path) -> None:
    frame = pandas.DataFrame(IDS, columns=HEAD.split(","))
    frame.to_parquet(tmp_path / "clients.parquet")
    wanted = [("original", 3, 7 / 3), ("candidate", 3, 5.0)]
    columns = {name: list(frame[name]) for name in frame}
    for data in (frame, frame.astype({"client": "category"}), polars.from_pandas(frame), columns):
        assert means(experiment.analyze(data)) == wanted
    for file in (written(tmp_path, IDS), tmp_path / "clients.parquet"):
        assert means(told(file)) == wanted


def test_whole_numbers_with_blanks_keep_all_their_digits_in_pandas(tmp_path: Path) -> None:
    ids = pandas.array([2**60, 2**60 + 1, None, 2**60 + 3, None, 2**60 + 5], dtype="Int64")
    frame = pandas.DataFrame(
        {"client": ids, "arm": ["original"] * 3 + ["candidate"] * 3, "revenue": [1.0, 2, 3, 4, 5, 7]}
    )
    with pytest.raises(ValueError, match="2 rows have none, the first is row 3"):
        experiment.analyze(frame)
    own = experiment.analyze(frame, blank_clients="own")
    frame.to_parquet(tmp_path / "clients.parquet")
    assert own.clients == 6
    assert means(told(tmp_path / "clients.parquet", "--blank-clients", "own")) == means(own)


def test_numbers_of_pandas_with_missing_values_are_blanks(tmp_path: Path) -> None:
    money = pandas.array([1.5, None, 3, 4], dtype="Float64")
    frame = pandas.DataFrame({"arm": ["original"] * 2 + ["candidate"] * 2, "revenue": money})
    with pytest.raises(ValueError, match="1 row has none, it is row 2"):
        experiment.analyze(frame)
    assert means(experiment.analyze(frame, blank_revenue="zero")) == [
        ("original", 2, 0.75),
        ("candidate", 2, 3.5),
    ]


def test_a_text_that_often_means_nobody_is_an_id_until_somebody_says_that_it_is_none(tmp_path: Path) -> None:
    rows = [
        ("a", "original", 1),
        ("b", "original", 2),
        ("NULL", "candidate", 3),
        ("NULL", "candidate", 4),
        ("d", "candidate", 9),
    ]
    file = written(tmp_path, rows)
    found = told(file)
    assert isinstance(found, dict)
    assert found["clients"] == 4
    (said,) = [check["sentence"] for check in found["checks"] if check["name"] == "nobody"]
    assert "'NULL' in 2 rows, each counted as one client" in said
    own = told(file, "--blank-clients", "own")
    assert isinstance(own, dict)
    assert (own["clients"], own["n_candidate"]) == (5, 3)
    once = told(written(tmp_path, [row for i, row in enumerate(rows) if i != 3] + [("e", "candidate", 1)]))
    assert isinstance(once, dict)
    assert not [check for check in once["checks"] if check["name"] == "nobody"]


@pytest.mark.parametrize(
    ("cells", "delimiter", "decimals"),
    [
        (("1,234.50", "2,000.25", "900", "9,000.75"), ";", False),
        (("1.234,50", "2.000,25", "900", "9.000,75"), ";", True),
        (("1 234.50", "2 000.25", "900", "9 000.75"), ",", False),
        (("1'234.50", "2'000.25", "900", "9'000.75"), "\t", False),
    ],
)
def test_marks_of_thousands_beside_a_decimal_mark_are_read_and_said(
    tmp_path: Path, cells: tuple[str, ...], delimiter: str, decimals: bool
) -> None:
    arms = ("original", "original", "candidate", "candidate")
    found = told(written(tmp_path, list(zip("abcd", arms, cells, strict=True)), delimiter))
    assert means(found) == [("original", 2, 1617.375), ("candidate", 2, 4950.375)]
    assert isinstance(found, dict)
    assert "3 numbers of revenue read without their marks of thousands" in [
        check["sentence"] for check in found["checks"]
    ]
    assert ("decimal commas" in found["read_as"]) == decimals


def test_a_thousand_that_may_be_a_decimal_is_asked_about_whatever_stands_between_cells(
    tmp_path: Path,
) -> None:
    rows = [("a", "original", "1,234"), ("b", "candidate", "2,345")]
    assert "is 1,234 a number" in str(told(written(tmp_path, rows, ";")))
    rows += [("c", "original", "0,900"), ("d", "candidate", "1,500")]
    assert means(told(written(tmp_path, rows, ";")))[1] == ("candidate", 2, (2.345 + 1.5) / 2)


def test_a_thousand_that_may_be_a_decimal_is_asked_about(tmp_path: Path) -> None:
    rows = [
        ("a", "original", '"1,234"'),
        ("b", "original", '"2,000"'),
        ("c", "candidate", '"3,100"'),
        ("d", "candidate", '"4,000"'),
    ]
    assert "say --decimal , or write numbers without commas" in str(told(written(tmp_path, rows)))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("a", "original", 1), ("b", "original", 2), ("c", "Candidate", 3), ("d", "candidate ", 4)], "differ only by case or blanks"),
        ([("a", "original", 1), ("b", "original", 2), ("c", "candidate", "inf"), ("d", "candidate", 4)], "row 3 holds inf"),
        ([("a", "original", "2024-01-03"), ("b", "candidate", 2)], "row 1 holds a date: '2024-01-03'"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(tmp_path: Path, rows: list[tuple[Any, ...]], said: str) -> None:
    assert said in str(told(written(tmp_path, rows)))


def test_whole_numbers_that_read_as_dates_are_pointed_out(tmp_path: Path) -> None:
    rows = [
        ("a", "original", 20240103),
        ("b", "original", 20240104),
        ("c", "candidate", 20240105),
        ("d", "candidate", 20240109),
    ]
    found = told(written(tmp_path, rows))
    assert isinstance(found, dict)
    assert [check["sentence"] for check in found["checks"] if check["name"] == "dates"] == [
        "every number of revenue reads as a date, such as 20240103; is it the column that was meant?"
    ]


@pytest.mark.parametrize("name", ["id", "User ID", "uuid", "customer_id", "client"])
def test_a_wide_file_with_ids_beside_its_arms_makes_no_arm_of_them(name: str, tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    file.write_text(f"{name},original,new\n" + "".join(f"{i},{i % 7},{i % 5}\n" for i in range(40)))
    said = str(told(file, "--wide"))
    assert "each cell is a client; leave columns of ids out" in said
    assert repr(name) in said
    arms = experiment.from_wide({name: [1], "original": [2.0], "new": [3.0]}, ["original", "new"])[0]["arm"]
    assert list(arms) == ["original", "new"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"arm": ["original", "candidate"], "revenue": [1.0]}, "a value for each row: arm has 2, revenue 1"),
        ({"arm": ["original", "candidate"], "revenue": 3.0}, "arm has 2, revenue 0"),
        ("clients.csv", "data must be columns by name: a dictionary, .* got 'clients.csv'"),
        (None, "columns by name"),
        (np.zeros((3, 2)), "columns by name"),
    ],
)
def test_what_is_no_table_is_refused_in_words(data: Any, said: str) -> None:
    for judge in (experiment.analyze, lambda table: experiment.analyze_metrics(table, "revenue")):
        with pytest.raises(ValueError, match=said):
            judge(data)


def test_a_single_metric_needs_no_list() -> None:
    data = {"arm": ["original", "candidate"] * 9, "spend": range(18)}
    assert experiment.analyze_metrics(data, "spend:mean") == experiment.analyze_metrics(data, ["spend:mean"])


@pytest.mark.parametrize(
    ("document", "said"), [({}, "lacks effect, sd, n_per_arm"), (None, "a mapping"), ([1], "a mapping")]
)
def test_a_plan_of_nothing_is_refused_in_words(document: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        experiment.Plan.from_dict(document)


def test_squares_below_zero_have_no_variance() -> None:
    with pytest.raises(ValueError, match="m2 must be at least 0"):
        experiment.welch(experiment.Moments(5, 1.0, -3.0), experiment.Moments(5, 1.0, 3.0))


def test_a_column_of_another_case_and_a_wide_file_get_what_to_type(tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("Arm,revenue\noriginal,1\n")
    assert "'Arm' differs by case or blanks" in str(told(file))
    file.write_text("original,candidate\n1,2\n3,4\n")
    assert "then say --wide" in str(told(file))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1"])
def test_every_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    rows = [("ä1", "original", 1.5), ("b", "original", 2.5), ("c", "candidate", 4.5), ("d", "candidate", 9.5)]
    assert means(told(written(tmp_path, rows, encoding=encoding))) == [
        ("original", 2, 2.0),
        ("candidate", 2, 7.0),
    ]


@pytest.mark.parametrize("options", [("--arm", "группа"), ("--metric", "деньги")])
def test_names_in_another_encoding_get_the_option_and_with_it_are_found(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    file = tmp_path / "выгрузка.csv"
    rows = ["клиент;группа;деньги", *(f"{i};{'аб'[i % 2]};{i % 7},5" for i in range(40))]
    file.write_bytes("\n".join(rows).encode("cp1251"))
    assert "; read as Latin-1: if these look wrong, say --encoding, such as cp1251" in str(
        told(file, *options)
    )
    known = ("--arm", "группа", "--original", "а", "--client", "клиент", "--revenue", "деньги")
    assert means(told(file, *known, "--encoding", "cp1251")) == [("original", 20, 3.4), ("б", 20, 3.35)]


def test_texts_that_mean_nobody_are_counted_and_left_out() -> None:
    from liftstream.experiment.data.texts import NOBODY, texts

    found = texts(np.array([f"c{i}" for i in range(1_000)] + ["NULL", "-"] * 2, dtype=object))
    assert found.counts(NOBODY) == {"-": 2, "NULL": 2}
    assert int(found.without(NOBODY).blank.sum()) == 4


def test_empty_columns_and_rows_of_a_spreadsheet_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text(
        "client,arm,revenue,,\na,original,1,,\nb,original,2,,\nc,candidate,3,,\nd,candidate,5,,\n,,,,\n,,,,\n"
    )
    found = told(file)
    assert means(found) == [("original", 2, 1.5), ("candidate", 2, 4.0)]
    assert isinstance(found, dict)
    assert found["read_as"] == ["without 2 empty rows at the end"]


def test_an_empty_row_between_others_is_still_refused(tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("client,arm,revenue\na,original,1\n,,\nb,original,2\nc,candidate,3\nd,candidate,5\n")
    assert "1 row has none, it is row 2" in str(told(file))


def test_blanks_between_thousands_are_no_decimal_marks(tmp_path: Path) -> None:
    arms = ("original", "original", "candidate", "candidate")
    cells = ("1\u202f234", "2 000", "1\u00a0500", "9 000")
    assert means(told(written(tmp_path, list(zip("abcd", arms, cells, strict=True)), ";"))) == [
        ("original", 2, 1617.0),
        ("candidate", 2, 5250.0),
    ]


def test_an_amount_whose_square_no_number_holds_is_refused_by_its_row(tmp_path: Path) -> None:
    rows = [("a", "original", 1), ("b", "original", 2), ("c", "candidate", 3), ("d", "candidate", "1e308")]
    assert "revenue must be from -1e+100 to 1e+100 in every row, but row 4 holds 1e+308" in str(
        told(written(tmp_path, rows))
    )


def test_ids_of_bytes_as_parquet_has_uuids_tell_clients_apart(tmp_path: Path) -> None:
    file = tmp_path / "clients.parquet"
    ids = pa.array([b"\xff\x00", b"\xff\x01", b"\xfe\x00", b"\xff\x00"], pa.binary(2))
    arms = ["original", "original", "candidate", "original"]
    parquet.write_table(pa.table({"uuid": ids, "arm": arms, "revenue": [1.0, 2.0, 3.0, 4.0]}), file)
    assert "candidate must have at least 2 clients, got 1" in str(told(file))


def test_a_column_with_another_name_is_answered_with_the_option_that_names_it(tmp_path: Path) -> None:
    file = tmp_path / "clients.csv"
    file.write_text("client,variant,revenue\na,A,1\nb,B,2\n")
    assert "there is no column 'arm'; the columns are client, variant, revenue (say --arm NAME" in str(
        told(file)
    )
    file.write_text("client,arm,revenue\na,A,1\nb,B,2\n")
    assert "one of the arms in the data: A, B (say which: --original)" in str(told(file))
